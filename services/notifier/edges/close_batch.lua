-- KEYS: batches, batch, due queue, recent, hash of the digest, hashes of its members.
-- ARGV: batch name, now, id of the digest, head, body, ids of the members. No digest: forget an empty batch.
if ARGV[3] ~= '' then
  for i = 6, #ARGV do if not redis.call('ZSCORE', KEYS[2], ARGV[i]) then return 0 end end
  for i = 6, #ARGV do
    redis.call('ZREM', KEYS[2], ARGV[i])
    redis.call('HSET', KEYS[i], 'state', 'digested', 'digest', ARGV[3])
    redis.call('HDEL', KEYS[i], 'body')
  end
  redis.call('HSET', KEYS[5], 'state', 'queued', 'head', ARGV[4], 'body', ARGV[5], 'attempts', 0)
  redis.call('ZADD', KEYS[3], ARGV[2], ARGV[3])
  redis.call('ZADD', KEYS[4], ARGV[2], ARGV[3])
end
if redis.call('EXISTS', KEYS[2]) == 0 then redis.call('ZREM', KEYS[1], ARGV[1]) end
return 1
