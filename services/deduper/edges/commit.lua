#!lua
-- Run commands on the keys of one language, all at one moment; nothing is decided here.
-- KEYS[1]: the head, which every commit changes. ARGV[1]: the head that the commands rest on, '*' for any (to read).
-- ARGV[2]: the new head, and ARGV[3] its life in seconds. Then for each command the number of its words, and the words.
-- Returns the replies; false where the head is another one. A head that is the new one already is this very commit,
-- repeated after its reply was lost.
local expected, new, life = ARGV[1], ARGV[2], ARGV[3]
if expected ~= '*' then
  local head = redis.call('GET', KEYS[1]) or ''
  if head == new then return {} end
  if head ~= expected then return false end
  redis.call('SET', KEYS[1], new, 'EX', life)
end
local replies, at = {}, 4
while at <= #ARGV do
  local last = at + tonumber(ARGV[at])
  local reply = redis.call(unpack(ARGV, at + 1, last))
  if expected == '*' then replies[#replies + 1] = reply end
  at = last + 1
end
return replies
