#!lua
if ARGV[9] == '1' then redis.call('HDEL', KEYS[8], 'busy') end
if redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('ZADD', KEYS[1], 'XX', ARGV[3], ARGV[1])
redis.call('SET', KEYS[3], ARGV[4], 'EX', ARGV[5])
if ARGV[6] ~= '' then redis.call('SET', KEYS[4], ARGV[6], 'EX', ARGV[7]) end
redis.call('HDEL', KEYS[2], ARGV[1])
if ARGV[8] == '1' then
  local push = redis.call('LPOP', KEYS[6])
  if push then redis.call('DECRBY', KEYS[7], #push) end
  if redis.call('EXISTS', KEYS[6]) == 0 then redis.call('HDEL', KEYS[5], ARGV[1]) end
end
local pushed = redis.call('HGET', KEYS[5], ARGV[1])
if pushed and tonumber(pushed) < tonumber(ARGV[3]) then redis.call('ZADD', KEYS[1], 'XX', pushed, ARGV[1]) end
return 1
