-- KEYS: due queue, hash. ARGV: id, at, error.
if redis.call('HGET', KEYS[2], 'state') ~= 'queued' then return 0 end
redis.call('ZADD', KEYS[1], 'XX', ARGV[2], ARGV[1])
redis.call('HSET', KEYS[2], 'error', ARGV[3])
return redis.call('HINCRBY', KEYS[2], 'attempts', 1)
