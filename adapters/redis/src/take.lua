-- Takes one attempt from the bucket KEYS[1], as `Bucket::take` in bucket.rs does. Arguments, in
-- microseconds by the caller's clock: the current time, the refill interval of one attempt, the
-- refill time of an empty bucket, the caller's cached time at which the bucket is full; then the
-- milliseconds for which a full bucket is kept.
local now, interval, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local stored = tonumber(redis.call('GET', KEYS[1]) or '') or 0
local full_at = math.min(math.max(stored, tonumber(ARGV[4]), now), now + window)
local allowed = 0
if full_at + interval <= now + window then
    full_at = full_at + interval
    allowed = 1
end
local ttl = math.ceil((full_at - now) / 1000) + tonumber(ARGV[5])
redis.call('SET', KEYS[1], string.format('%.0f', full_at), 'PX', string.format('%.0f', ttl))
return {allowed, full_at}
