-- KEYS: batches, recent, channels, then per delivery: hash, due queue, batch, rate.
-- ARGV: now, remember, count, then per delivery: id, how, at, limit, rate member, batch name, channel, head, body.
local now, remember = tonumber(ARGV[1]), tonumber(ARGV[2])
local results = {}
for i = 1, tonumber(ARGV[3]) do
  local k, a = 3 + (i - 1) * 4, 3 + (i - 1) * 9
  local hash, due, batch, rate = KEYS[k + 1], KEYS[k + 2], KEYS[k + 3], KEYS[k + 4]
  local id, how, at, limit = ARGV[a + 1], ARGV[a + 2], tonumber(ARGV[a + 3]), tonumber(ARGV[a + 4])
  if redis.call('EXISTS', hash) == 1 then
    results[i] = 'known'
  else
    if how == 'now' and limit > 0 then
      redis.call('ZREMRANGEBYSCORE', rate, '-inf', now - 3600000)
      if not redis.call('ZSCORE', rate, ARGV[a + 5]) then
        if redis.call('ZCARD', rate) < limit then
          redis.call('ZADD', rate, now, ARGV[a + 5])
          redis.call('PEXPIRE', rate, 3600000)
        else
          how = 'held'
          at = tonumber(redis.call('ZRANGE', rate, 0, 0, 'WITHSCORES')[2]) + 3600000
        end
      end
    end
    if how == 'now' then
      results[i] = 'queued'
      redis.call('ZADD', due, at, id)
    else
      results[i] = 'held'
      redis.call('ZADD', batch, now, id)
      redis.call('ZADD', KEYS[1], 'LT', at, ARGV[a + 6])
    end
    redis.call('HSET', hash, 'state', results[i], 'head', ARGV[a + 8], 'body', ARGV[a + 9], 'attempts', 0)
    redis.call('ZADD', KEYS[2], now, id)
    redis.call('SADD', KEYS[3], ARGV[a + 7])
  end
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - remember)
return results
