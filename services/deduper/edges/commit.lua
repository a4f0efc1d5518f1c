#!lua
-- Run commands on the keys of one language, all at one moment; nothing is decided here.
-- KEYS[1]: the head, which every commit changes. ARGV[1]: the head that the commands rest on, '*' for any (to read).
-- ARGV[2]: the new head, and ARGV[3] its life in seconds. ARGV[4]: for each command the number of its words and the
-- length of each, four bytes each, big-endian; ARGV[5]: all words. One argument a word takes the client ten times as long.
-- Returns the replies to reads; false where the head is another one. A head that is the new one already is this very
-- commit, repeated after its reply was lost.
local expected, new, lengths, words = ARGV[1], ARGV[2], ARGV[4], ARGV[5]
local sub, number = string.sub, struct.unpack
if expected ~= '*' then
  local head = redis.call('GET', KEYS[1]) or ''
  if head == new then return {} end
  if head ~= expected then return false end
  redis.call('SET', KEYS[1], new, 'EX', ARGV[3])
end
local replies, at, from, count, length = {}, 1, 1, nil, nil
while at <= #lengths do
  count, at = number('>I4', lengths, at)
  local command = {}
  for n = 1, count do
    length, at = number('>I4', lengths, at)
    command[n] = sub(words, from, from + length - 1)
    from = from + length
  end
  local reply = redis.call(unpack(command))
  if expected == '*' then replies[#replies + 1] = reply end
end
return replies
