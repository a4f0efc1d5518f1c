-- Kafka has a revision. KEYS: alert, outbox, expiry. ARGV: id, revision, when its retention ends (ms since 1970).
local id, revision = ARGV[1], tonumber(ARGV[2])
local latest = tonumber(redis.call('HGET', KEYS[1], 'revision') or '0')
if latest > 0 and revision > tonumber(redis.call('HGET', KEYS[1], 'published') or '0') then
  redis.call('HSET', KEYS[1], 'published', revision)
end
if revision >= latest then redis.call('ZREM', KEYS[2], id) end
if revision == latest then redis.call('ZADD', KEYS[3], ARGV[3], id) end
return 1
