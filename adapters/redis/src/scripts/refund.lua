-- Gives one attempt back to the bucket KEYS[1], as `Bucket::refund` in the application does. The
-- arguments are those of take.lua.
local now, interval, window = tonumber(ARGV[1]), tonumber(ARGV[5]), tonumber(ARGV[6])
local stored = tonumber(redis.call('GET', KEYS[1]) or '')
local full_at = stored or tonumber(ARGV[2])
if ARGV[3] == '1' then full_at = math.max(full_at, tonumber(ARGV[2])) end
full_at = math.max(math.min(full_at, now + window) - interval, now)
local ttl = math.ceil((full_at - now) / 1000) + tonumber(ARGV[4])
redis.call('SET', KEYS[1], string.format('%.0f', full_at), 'PX', string.format('%.0f', ttl))
return {1, full_at}
