-- One try out of the bucket KEYS[1], as `Bucket::take` in bucket.rs. Times are in microseconds, by
-- the clock of who asks: now, what one try takes to come back, what an empty bucket takes to be
-- whole, when it is whole as far as the asking process knows; last the milliseconds for which an
-- idle bucket is kept beyond that.
local now, interval, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local stored = tonumber(redis.call('GET', KEYS[1]) or '') or 0
local whole_at = math.min(math.max(stored, tonumber(ARGV[4]), now), now + window)
local allowed = 0
if whole_at + interval <= now + window then
    whole_at = whole_at + interval
    allowed = 1
end
local keep = math.ceil((whole_at - now) / 1000) + tonumber(ARGV[5])
redis.call('SET', KEYS[1], string.format('%.0f', whole_at), 'PX', string.format('%.0f', keep))
return {allowed, whole_at}
