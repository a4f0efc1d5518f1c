-- Writes records by compare-and-set: all of it or, where another writer was first, nothing.
-- KEYS: the records that the decision was made on, then every other key that the commands touch.
-- ARGV: how many records; for each the token it had and the token it gets (the same where it is only read);
-- then the commands, each as the number of its words and the words.
-- Records that have their new tokens already are this very write, repeated after its answer was lost.
local records = tonumber(ARGV[1])
local as_read, as_written = true, true
for i = 1, records do
  local token = redis.call('HGET', KEYS[i], 'token') or ''
  if token ~= ARGV[2 * i] then as_read = false end
  if token ~= ARGV[2 * i + 1] then as_written = false end
end
if as_written then return 1 end
if not as_read then return 0 end
local at = 2 * records + 2
while at <= #ARGV do
  local words = tonumber(ARGV[at])
  redis.call(unpack(ARGV, at + 1, at + words))
  at = at + words + 1
end
return 1
