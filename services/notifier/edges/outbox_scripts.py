"""The scripts of the outbox. Each is one atomic step; times are in milliseconds since 1970.

A delivery's hash has ``state`` (queued, held, digested, sent, dead), ``head`` (who, what, when: JSON), ``body`` (the
parcel, until it has left), ``attempts`` and ``error``. The hash outlives the delivery for as long as it must be known
as delivered, and is what makes a repetition harmless.
"""

from __future__ import annotations

# KEYS: batches, recent, channels, then per delivery: hash, due queue, batch, rate.
# ARGV: now, remember, count, then per delivery: id, how, at, limit, rate member, batch name, channel, head, body.
ENQUEUE = """
local now, remember = tonumber(ARGV[1]), tonumber(ARGV[2])
local placed = {}
for i = 1, tonumber(ARGV[3]) do
  local k, a = 3 + (i - 1) * 4, 3 + (i - 1) * 9
  local hash, due, batch, rate = KEYS[k + 1], KEYS[k + 2], KEYS[k + 3], KEYS[k + 4]
  local id, how, at, limit = ARGV[a + 1], ARGV[a + 2], tonumber(ARGV[a + 3]), tonumber(ARGV[a + 4])
  if redis.call('EXISTS', hash) == 1 then
    placed[i] = 'known'
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
      placed[i] = 'queued'
      redis.call('ZADD', due, at, id)
    else
      placed[i] = 'held'
      redis.call('ZADD', batch, now, id)
      redis.call('ZADD', KEYS[1], 'LT', at, ARGV[a + 6])
    end
    redis.call('HSET', hash, 'state', placed[i], 'head', ARGV[a + 8], 'body', ARGV[a + 9], 'attempts', 0)
    redis.call('ZADD', KEYS[2], now, id)
    redis.call('SADD', KEYS[3], ARGV[a + 7])
  end
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - remember)
return placed
"""

# KEYS: due queue. ARGV: now, end of the lease.
CLAIM = """
local found = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, 1)
if #found == 0 then return false end
redis.call('ZADD', KEYS[1], ARGV[2], found[1])
return found[1]
"""

# KEYS: due queue, dead list, hash, hashes of a digest's members.
# ARGV: id, state, now, remember, error, length of the dead list, entry for the dead list.
FINISH = """
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
"""

# KEYS: due queue, hash. ARGV: id, at, error.
RETRY = """
if redis.call('HGET', KEYS[2], 'state') ~= 'queued' then return 0 end
redis.call('ZADD', KEYS[1], 'XX', ARGV[2], ARGV[1])
redis.call('HSET', KEYS[2], 'error', ARGV[3])
return redis.call('HINCRBY', KEYS[2], 'attempts', 1)
"""

# KEYS: batches, batch, due queue, recent, hash of the digest, hashes of its members.
# ARGV: batch name, now, id of the digest, head, body, ids of the members. No digest: forget an empty batch.
SEAL = """
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
"""
