#!lua
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
