-- KEYS: due queue, dead list, hash, hashes of a digest's members.
-- ARGV: id, state, now, remember, error, length of the dead list, entry for the dead list.
redis.call('ZREM', KEYS[1], ARGV[1])
local before = redis.call('HGET', KEYS[3], 'state')
if before == 'sent' or before == 'dead' or not before then return 0 end
for i = 3, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 1 then
    redis.call('HSET', KEYS[i], 'state', ARGV[2], 'finished', ARGV[3])
    redis.call('HDEL', KEYS[i], 'body')
    if ARGV[5] ~= '' then redis.call('HSET', KEYS[i], 'error', ARGV[5]) end
    redis.call('PEXPIRE', KEYS[i], ARGV[4])
  end
end
redis.call('HINCRBY', KEYS[3], 'attempts', 1)
if ARGV[2] == 'dead' then redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[6], '*', 'letter', ARGV[7]) end
return 1
