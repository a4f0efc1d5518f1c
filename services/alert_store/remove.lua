-- Removes an alert whose retention is over. KEYS: alert, expiry, then every index that lists it. ARGV: id, now (ms).
-- A retention that was prolonged meanwhile is respected.
local due = redis.call('ZSCORE', KEYS[2], ARGV[1])
if not due or tonumber(due) > tonumber(ARGV[2]) then return 0 end
redis.call('DEL', KEYS[1])
for i = 2, #KEYS do redis.call('ZREM', KEYS[i], ARGV[1]) end
return 1
