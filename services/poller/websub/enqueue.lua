#!lua
local waits = redis.call('LLEN', KEYS[4])
if waits >= tonumber(ARGV[4]) then return 0 end
if redis.call('EXISTS', KEYS[3]) == 0 then redis.call('SET', KEYS[5], 0) end
if tonumber(redis.call('GET', KEYS[5]) or '0') + #ARGV[3] > tonumber(ARGV[5]) then return 0 end
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
redis.call('RPUSH', KEYS[4], ARGV[3])
redis.call('INCRBY', KEYS[5], #ARGV[3])
redis.call('HSETNX', KEYS[3], ARGV[1], ARGV[2])
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 0 then redis.call('ZADD', KEYS[1], 'XX', 'LT', ARGV[2], ARGV[1]) end
return 1
