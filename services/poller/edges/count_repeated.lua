#!lua
local repeated = {}
for at = 4, #ARGV do
  local count, last = string.match(redis.call('HGET', KEYS[1], ARGV[at]) or '0:', '^(%d+):(.*)$')
  count = tonumber(count)
  if ARGV[1] ~= '' and last ~= ARGV[1] then
    count = count + 1
    redis.call('HSET', KEYS[1], ARGV[at], count .. ':' .. ARGV[1])
  end
  local before = string.match(redis.call('HGET', KEYS[2], ARGV[at]) or '0:', '^(%d+):')
  if count + tonumber(before) >= tonumber(ARGV[2]) then repeated[#repeated + 1] = ARGV[at] end
end
redis.call('EXPIRE', KEYS[1], ARGV[3])
return repeated
