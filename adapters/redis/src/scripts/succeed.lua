-- Removes one failure of KEYS[1], as `Failures::refund` in the application does. The arguments are
-- those of begin.lua.
local count, last = tonumber(ARGV[2]), tonumber(ARGV[3])
local stored = redis.call('HMGET', KEYS[1], 'count', 'last')
if stored[1] and stored[2] then
    if ARGV[4] == '1' then
        count, last = math.max(count, tonumber(stored[1])), math.max(last, tonumber(stored[2]))
    else
        count, last = tonumber(stored[1]), tonumber(stored[2])
    end
end
count = math.max(count - 1, 0)
redis.call('HSET', KEYS[1], 'count', string.format('%.0f', count), 'last', string.format('%.0f', last))
local ttl = math.max(math.ceil((last + count * tonumber(ARGV[8]) - tonumber(ARGV[1])) / 1000), 0)
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', ttl + tonumber(ARGV[5])))
return {0, count, last}
