-- Counts one failure of KEYS[1], as `Backoff::begin` in the application does. Arguments, in
-- microseconds by the caller's clock: the current time, the caller's cached number and last time of
-- failures, whether (1) the caller counted without the server since its last response, the
-- milliseconds for which forgotten failures are kept, the number of failures without a delay, the
-- largest number, the longest and the first delay.
local now, free, most, longest =
    tonumber(ARGV[1]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local count, last = tonumber(ARGV[2]), tonumber(ARGV[3])
local stored = redis.call('HMGET', KEYS[1], 'count', 'last')
if stored[1] and stored[2] then
    if ARGV[4] == '1' then
        count, last = math.max(count, tonumber(stored[1])), math.max(last, tonumber(stored[2]))
    else
        count, last = tonumber(stored[1]), tonumber(stored[2])
    end
end
last = math.min(last, now)
count = math.max(count - math.floor((now - last) / longest), 0)
local delay = 0
if count >= free then delay = math.min(tonumber(ARGV[9]) * 2 ^ math.min(count - free, most - free), longest) end
local wait = math.max(delay - (now - last), 0)
if wait == 0 then
    count = math.min(count + 1, most)
    last = now
end
redis.call('HSET', KEYS[1], 'count', string.format('%.0f', count), 'last', string.format('%.0f', last))
local ttl = math.ceil((last + count * longest - now) / 1000) + tonumber(ARGV[5])
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', ttl))
return {wait, count, last}
