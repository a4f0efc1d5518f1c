#!lua
-- Check-and-insert of one article: look up, judge, remember, in one atomic step.
-- The same steps in the same order as core/memory.py; the constants C come from core/verdict.py.
-- KEYS[1] prefix of the bucket. ARGV see store/packing.py.
-- Record: I4 seen, I4 top, B outlet, B hashes, B short, B depth, B link, B n, B d, s own id, s story id ('' its own id),
--   s id of the article whose text it carries (''), then versions: 6 bytes version, B status, B link, B n, B d,
--   s linked id. I4 and B are unsigned numbers of 4 and 1 bytes, s is a length byte and that many bytes.
--C--
local call, unpack_, pack_ = redis.call, struct.unpack, struct.pack
local sub, byte, char, floor = string.sub, string.byte, string.char, math.floor
local prefix = KEYS[1]
local now, window, epoch = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local id, real_id, version, outlet = ARGV[4], ARGV[5], ARGV[6], byte(ARGV[7])
local identity, exact, title = ARGV[8], ARGV[9], ARGV[10]
local short, empty = ARGV[11] == '1', ARGV[12] == '1'
local top, sketch, facts, member = tonumber(ARGV[13]), ARGV[14], ARGV[15], ARGV[16]
local NEW, UPDATE, STORY, CARRIES, COPY = 1, 2, 3, 4, 5
local LINKS = {'url', 'exact', 'title', 'sketch', 'event'}
local URL, EXACT, TITLE, SKETCH = 1, 2, 3, 4

local function posting_key(e, key) return prefix .. ':' .. e .. ':' .. sub(key, 1, 2) end

-- The owners of a hash, all live epochs in order of arrival; and those of the newest epoch alone.
local function posting(key)
  local field, all, newest = sub(key, 3, 6), '', false
  for e = epoch - C.live_epochs + 1, epoch do
    newest = call('HGET', posting_key(e, key), field)
    if newest then all = all .. newest end
  end
  return all, newest
end

local function is_boilerplate(owners)
  local count = #owners / 5
  if count >= C.max_owners then return true end
  if count < C.max_outlet_owners then return false end
  local seen = {}
  for at = 5, #owners, 5 do
    local o = byte(owners, at)
    seen[o] = (seen[o] or 0) + 1
    if seen[o] >= C.max_outlet_owners then return true end
  end
  return false
end

local function record_key(kind, number) return prefix .. ':' .. kind .. ':' .. floor(number / 128) end

-- The record of a number where it is inside the window.
local records = {}
local function live(number)
  if records[number] ~= nil then return records[number] end
  local raw = call('HGET', record_key('r', number), char(number % 128))
  local r = false
  if raw then
    local seen, rtop, routlet, hashes, rshort, depth, link, n, d, at = unpack_('>I4I4BBBBBBB', raw)
    if now - seen <= window then
      local rid, story, carried
      rid, at = unpack_('Bc0', raw, at)
      story, at = unpack_('Bc0', raw, at)
      carried, at = unpack_('Bc0', raw, at)
      r = {number = number, seen = seen, id = rid, story = story == '' and rid or story, top = rtop, outlet = routlet, hashes = hashes,
           short = rshort == 1, depth = depth, link = link, n = n, d = d, carried = carried,
           versions = sub(raw, at)}
    end
  end
  records[number] = r
  return r
end

local function first_live(owners)
  for at = 1, #owners, 5 do
    local r = live((unpack_('>I4', owners, at)))
    if r then return r end
  end
  return false
end

-- Looking up
local identity_all, identity_new = posting(identity)
local prior = #identity_all > 0 and live((unpack_('>I4', identity_all, #identity_all - 4))) or false
local again = prior and prior.id == id and prior or false

local function real(wire)  -- see packing.py
  if byte(wire) ~= 0 then return wire end
  return (sub(wire, 2):gsub('.', function(c) return string.format('%02x', byte(c)) end))
end

local function facts_of(field) return call('HGET', record_key('f', prior.number), field) or '' end

-- What this article says of itself again: the verdict given to this version before.
local kept = {}  -- the versions of `again`
if again then
  local at, raw = 1, again.versions
  while at <= #raw do
    local start = at
    local v, status, link, n, d, linked
    v, status, link, n, d, at = unpack_('c6BBBB', raw, at)
    linked, at = unpack_('Bc0', raw, at)
    kept[#kept + 1] = sub(raw, start, at - 1)
    if v == version then
      local before = status == UPDATE and facts_of(char(again.number % 128) .. version) or ''
      return {status, 1, again.story, linked, link, n, d, before}
    end
  end
end

local keys, tops, alls, news, own, shared = {}, {}, {}, {}, {}, {}
local wrapper = {}  -- hash by hash, whether it is boilerplate
for at = 1, #sketch, 10 do
  local i = #keys + 1
  tops[i], keys[i] = unpack_('>I4', sketch, at), sub(sketch, at + 4, at + 9)
  alls[i], news[i] = posting(keys[i])
  wrapper[i] = is_boilerplate(alls[i])
  if not wrapper[i] then
    own[#own + 1] = tops[i]
    for o = 1, #alls[i], 5 do
      local number = unpack_('>I4', alls[i], o)
      shared[number] = (shared[number] or 0) + 1
    end
  end
end
local exact_all, exact_new = posting(exact)
local title_all, title_new = '', false
if title ~= '' then title_all, title_new = posting(title) end

-- Judging
local function share(part, whole)
  if whole == 0 then return 0 end
  local ratio = part / whole
  return ratio < 1 and ratio or 1
end

local function resemblance(r)
  local count = shared[r.number]
  if not count then return nil end
  local mine, other = 0, r.hashes
  for i = 1, #own do if own[i] <= r.top then mine = mine + 1 end end
  if top < r.top then other = floor(r.hashes * top / r.top + 0.5) end
  local home = r.outlet == outlet
  local base = home and math.max(mine, other) or math.min(mine, other)
  local containment = share(count, base)
  return {owner = r, shared = count, own = mine, base = base, containment = containment,
          is_copy = containment >= (home and C.own_outlet_copy or C.copy_containment),
          is_story = containment >= (home and C.own_outlet_story or C.story_containment),
          may_be_wrapper = home and containment < C.wrapper_below}
end

local function nearest()
  local most = {}
  for number, count in pairs(shared) do
    if count >= C.min_shared then most[#most + 1] = {number, count} end
  end
  table.sort(most, function(a, b) if a[2] ~= b[2] then return a[2] > b[2] end return a[1] < b[1] end)
  local found = {}
  for i = 1, math.min(#most, C.most_judged) do
    local r = live(most[i][1])
    local near = r and resemblance(r)
    if near then found[#found + 1] = near end
  end
  table.sort(found, function(a, b)
    if a.containment ~= b.containment then return a.containment > b.containment end
    return a.owner.number < b.owner.number
  end)
  return found
end

-- A finding: status, owner, link, n, d, whether what is shared may be the outlet's wrapper.
local function by_exact()
  local r = first_live(exact_all)
  if r then return {COPY, r, EXACT, 1, 1} end
end

local function by_title()
  if title == '' or is_boilerplate(title_all) then return nil end
  for at = 1, #title_all, 5 do
    local r = live((unpack_('>I4', title_all, at)))
    if r and (short or r.short) then
      if empty then return {COPY, r, TITLE, 1, 1} end
      if r.depth <= C.representative_depth then return {CARRIES, r, TITLE, 1, 1} end
    end
  end
end

local function by_sketch()
  for _, near in ipairs(nearest()) do
    local r, n, d = near.owner, near.shared, near.base
    if near.is_copy and share(n, near.own) >= C.new_text_containment then
      return {COPY, r, SKETCH, n, d, near.may_be_wrapper}
    end
    if r.depth <= C.representative_depth and near.is_story then
      return {near.is_copy and CARRIES or STORY, r, SKETCH, n, d}
    end
  end
end

local function by_text() return by_exact() or by_title() or by_sketch() or {NEW, false, 0, 0, 0} end

local function contains(owners, number)
  for at = 1, #owners, 5 do
    if unpack_('>I4', owners, at) == number then return true end
  end
  return false
end

local function by_address()
  local near = resemblance(prior)
  if prior.carried ~= '' then
    local found = by_text()
    if found[1] == COPY and found[2].id == prior.carried then return found end
  elseif facts_of(char(prior.number % 128)) == facts then
    if contains(exact_all, prior.number) then return {COPY, prior, URL, 1, 1} end
    if near and share(near.shared, near.own) >= C.flap_containment then
      return {COPY, prior, URL, near.shared, near.own}
    end
  end
  return {UPDATE, prior, URL, near and near.shared or 0, near and near.base or 0}
end

local found = prior and by_address() or by_text()
local status, owner, link, n, d = found[1], found[2], found[3], found[4], found[5]
local linked = owner and owner.id or ''
local story = again and again.story or owner and owner.story or id

-- Remembering
local function expire_new(key, seconds)
  if call('HLEN', key) == 1 then call('EXPIRE', key, seconds) end
end

local slack = 60  -- seconds; the server's clock decides when a key goes, the caller's what is read
local posting_ttl = floor(C.live_epochs * window / 2) + slack
local function post(key, all, newest, number)
  if #all / 5 >= C.max_owners or (number > 0 and contains(all, number)) then return end
  local k = posting_key(epoch, key)
  call('HSET', k, sub(key, 3, 6), (newest or '') .. pack_('>I4B', number, outlet))
  if not newest then expire_new(k, posting_ttl) end
end

local number = again and again.number or call('INCR', prefix .. ':n')
local field = char(number % 128)
local before = ''
local facts_key = record_key('f', number)
if status == UPDATE then
  local held = call('HGET', prefix .. ':story:' .. real(prior.story), real(prior.id))
  before = facts_of(char(prior.number % 128)) .. '\31' .. (held and cjson.decode(held).title or '')
  call('HSET', facts_key, field .. version, before)
end
if #kept >= C.most_versions then table.remove(kept, 1) end
kept[#kept + 1] = pack_('c0BBBBB', version, status, link, n, d, #linked) .. linked

local r
if again and owner == again and status == COPY then
  r = again  -- a flap: nothing else has changed
else
  local carried = (status == COPY or status == CARRIES) and linked or ''
  r = {seen = now, top = top, outlet = outlet, hashes = #keys, short = short, carried = carried}
  if again then
    r.depth, r.link, r.n, r.d = again.depth, again.link, again.n, again.d
  else
    r.depth, r.link, r.n, r.d = owner and owner.depth + 1 or 0, link, n, d
  end
  local tail = ',"linked_by":null,"score":null,"copy_of":null}'
  if r.link ~= 0 then
    tail = string.format(',"linked_by":"%s","score":%.4f,"copy_of":%s}', LINKS[r.link], share(r.n, r.d),
                         carried == '' and 'null' or cjson.encode(real(carried)))
  end
  local story_key = prefix .. ':story:' .. real(story)
  call('HSET', story_key, real_id, member .. tail)
  call('EXPIRE', story_key, window)
  call('HSET', facts_key, field, facts)
  if not (status == COPY and link == URL) then post(identity, identity_all, identity_new, number) end
  if found[6] then
    for i = 1, #keys do
      if not wrapper[i] and contains(alls[i], owner.number) then post(keys[i], alls[i], news[i], 0) end
    end
  end
  if status ~= COPY then
    post(exact, exact_all, exact_new, number)
    if title ~= '' then post(title, title_all, title_new, number) end
    for i = 1, #keys do post(keys[i], alls[i], news[i], number) end
  end
end
call('EXPIRE', facts_key, window + slack)
local key = record_key('r', number)
local own_story = story == id and '' or story
call('HSET', key, field, pack_('>I4I4BBBBBBB', r.seen, r.top, r.outlet, r.hashes, r.short and 1 or 0, r.depth, r.link, r.n, r.d)
  .. char(#id) .. id .. char(#own_story) .. own_story .. char(#r.carried) .. r.carried .. table.concat(kept))
call('EXPIRE', key, window + slack)
return {status, 0, story, linked, link, n, d, before}
