#!lua
for _, id in ipairs(redis.call('HKEYS', KEYS[2])) do
  if tonumber(redis.call('ZSCORE', KEYS[1], id) or '0') > tonumber(ARGV[1]) then
    redis.call('ZADD', KEYS[1], 'XX', ARGV[2], id)
  end
end
return 1
