#!lua
local kept = redis.call('GET', KEYS[1])
local revision = kept and (cjson.decode(kept).revision or 0) or -1
if revision ~= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[5])
redis.call('SET', KEYS[2], ARGV[3], 'EX', ARGV[5])
redis.call('ZADD', KEYS[3], ARGV[4], ARGV[3])
return 1
