-- Takes one attempt from the bucket KEYS[1], as `Bucket::take` in the application does. Arguments,
-- in microseconds by the caller's clock: the current time, the caller's cached time at which the
-- bucket is full, whether (1) the caller counted without the server since its last response, the
-- milliseconds for which a full bucket is kept, the refill interval of one attempt, the refill time
-- of an empty bucket.
local now, interval, window = tonumber(ARGV[1]), tonumber(ARGV[5]), tonumber(ARGV[6])
local stored = tonumber(redis.call('GET', KEYS[1]) or '')
local full_at = stored or tonumber(ARGV[2])
if ARGV[3] == '1' then full_at = math.max(full_at, tonumber(ARGV[2])) end
full_at = math.min(math.max(full_at, now), now + window)
local allowed = 0
if full_at + interval <= now + window then
    full_at = full_at + interval
    allowed = 1
end
local ttl = math.ceil((full_at - now) / 1000) + tonumber(ARGV[4])
redis.call('SET', KEYS[1], string.format('%.0f', full_at), 'PX', string.format('%.0f', ttl))
return {allowed, full_at}
