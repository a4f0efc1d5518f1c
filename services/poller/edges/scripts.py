"""The steps of the schedule that nobody may come between, as Lua for the server; called from ``store.py``."""

from __future__ import annotations

from typing import Final

CLAIM: Final = """#!lua
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
"""

MOVE: Final = """#!lua
if redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('ZADD', KEYS[1], 'XX', ARGV[3], ARGV[1])
if ARGV[4] == '1' then redis.call('HDEL', KEYS[2], ARGV[1]) end
return 1
"""

SHORTEN: Final = """#!lua
for _, id in ipairs(redis.call('HKEYS', KEYS[2])) do
  if tonumber(redis.call('ZSCORE', KEYS[1], id) or '0') > tonumber(ARGV[1]) then
    redis.call('ZADD', KEYS[1], 'XX', ARGV[2], id)
  end
end
return 1
"""

FINISH: Final = """#!lua
if ARGV[9] == '1' then redis.call('HDEL', KEYS[8], 'busy') end
if redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('ZADD', KEYS[1], 'XX', ARGV[3], ARGV[1])
redis.call('SET', KEYS[3], ARGV[4], 'EX', ARGV[5])
if ARGV[6] ~= '' then redis.call('SET', KEYS[4], ARGV[6], 'EX', ARGV[7]) end
redis.call('HDEL', KEYS[2], ARGV[1])
if ARGV[8] == '1' then
  local push = redis.call('LPOP', KEYS[6])
  if push then redis.call('DECRBY', KEYS[7], #push) end
  if redis.call('EXISTS', KEYS[6]) == 0 then redis.call('HDEL', KEYS[5], ARGV[1]) end
end
local pushed = redis.call('HGET', KEYS[5], ARGV[1])
if pushed and tonumber(pushed) < tonumber(ARGV[3]) then redis.call('ZADD', KEYS[1], 'XX', pushed, ARGV[1]) end
return 1
"""

TAKE_HOST: Final = """#!lua
local now, gap, busy_for = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local kept = redis.call('HMGET', KEYS[1], 'next', 'busy', 'tail', 'at')
local at = tonumber(kept[4] or '0')
if at > now + 60000 then
  for n, name in ipairs({'next', 'busy', 'tail'}) do
    kept[n] = tonumber(kept[n] or '0') - (at - now)
    redis.call('HSET', KEYS[1], name, kept[n])
  end
  redis.call('HSET', KEYS[1], 'at', now)
end
local free = math.max(tonumber(kept[1] or '0'), tonumber(kept[2] or '0'))
if free <= now then
  redis.call('HSET', KEYS[1], 'next', now + gap, 'busy', now + busy_for, 'at', now)
  redis.call('PEXPIRE', KEYS[1], math.max(gap, busy_for) + 60000)
  return 0
end
local tail = math.max(tonumber(kept[3] or '0'), free - gap) + gap
if tail - now > 3600000 then tail = free end
redis.call('HSET', KEYS[1], 'tail', tail)
return tail - now
"""

PAUSE_HOST: Final = """#!lua
local next_at = math.max(tonumber(redis.call('HGET', KEYS[1], 'next') or '0'), tonumber(ARGV[1]))
redis.call('HSET', KEYS[1], 'next', next_at)
redis.call('PEXPIRE', KEYS[1], math.max(tonumber(ARGV[2]), redis.call('PTTL', KEYS[1])))
return 1
"""

REPEATED: Final = """#!lua
local repeated = {}
for at = 4, #ARGV do
  local count, last = string.match(redis.call('HGET', KEYS[1], ARGV[at]) or '0:', '^(%d+):(.*)$')
  count = tonumber(count)
  if ARGV[1] ~= '' and last ~= ARGV[1] then
    count = count + 1
    redis.call('HSET', KEYS[1], ARGV[at], count .. ':' .. ARGV[1])
  end
  local before = string.match(redis.call('HGET', KEYS[2], ARGV[at]) or '0:', '^(%d+):')
  if count + tonumber(before) >= tonumber(ARGV[2]) then repeated[#repeated + 1] = ARGV[at] end
end
redis.call('EXPIRE', KEYS[1], ARGV[3])
return repeated
"""

ALL: Final = (CLAIM, MOVE, SHORTEN, FINISH, TAKE_HOST, PAUSE_HOST, REPEATED)
