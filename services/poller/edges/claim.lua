#!lua
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'WITHSCORES', 'LIMIT', 0, ARGV[3])
local pushes = redis.call('EXISTS', KEYS[3]) == 1
local claimed = {}
for at = 1, #ids, 2 do
  redis.call('ZADD', KEYS[1], ARGV[2], ids[at])
  redis.call('HSET', KEYS[2], ids[at], ARGV[4])
  claimed[#claimed + 1] = ids[at]
  claimed[#claimed + 1] = ids[at + 1]
  claimed[#claimed + 1] = pushes and redis.call('HEXISTS', KEYS[3], ids[at]) or 0
end
return claimed
