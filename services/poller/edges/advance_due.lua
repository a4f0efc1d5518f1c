#!lua
-- ARGV: feed id and due time (ms), in pairs. A feed that somebody polls now keeps its lease.
for at = 1, #ARGV, 2 do
  if redis.call('HEXISTS', KEYS[2], ARGV[at]) == 0 then
    redis.call('ZADD', KEYS[1], 'XX', 'LT', ARGV[at + 1], ARGV[at])
  end
end
return 1
