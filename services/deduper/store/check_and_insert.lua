#!lua
-- Check-and-insert of one article: look up, judge, remember, in one atomic step.
-- The same steps in the same order as core/lookup.py, core/judging.py and core/memory.py; the constants C are theirs.
-- KEYS[1] prefix of the bucket. ARGV see store/packing.py.
--
-- I4, I2 and B are unsigned big-endian numbers of 4, 2 and 1 bytes, s is a length byte and that many bytes.
-- Postings lie in strings of about a hundred entries, in order of arrival. An entry of a text's hash: 4 bytes of hash,
--   I4 number, B outlet, B epoch; of a shingle's: 3 bytes of hash, the same; of a term's: 3 bytes, I4 leader, B epoch.
--   The owners of a hash, as they are handed around: I4 number, B outlet (its lower half) each; of a term: I4 leader each.
-- Record: I4 seen, I4 top, I4 leader, I4 number of the article whose text it carries (0), I2 outlet, B hashes, B short,
--   B depth, B whether it has more versions, version, s own id, then marks. Records stay under 64 bytes, so that the
--   server packs them.
-- Version: 6 bytes version, B status, B link, I2 score, I4 linked number (0).
-- Vector, in a slot of a page: I4 published, I4 seen, B title norm, B terms, B weekdays, then terms: 3 bytes key, B weight (128 more where
--   it stands in the title).
--C--
local call, unpack_, pack_ = redis.call, struct.unpack, struct.pack
local sub, byte, char, find, floor = string.sub, string.byte, string.char, string.find, math.floor
local prefix = KEYS[1]
local now, window, epoch = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local id, real_id, version, outlet = ARGV[4], ARGV[5], ARGV[6], (unpack_('>I2', ARGV[7]))
local identity, exact, title = ARGV[8], ARGV[9], ARGV[10]
local short, empty = ARGV[11] == '1', ARGV[12] == '1'
local top, sketch, facts, member = tonumber(ARGV[13]), ARGV[14], ARGV[15], ARGV[16]
local marks, published, event, title_norm, words = ARGV[17], tonumber(ARGV[18]), ARGV[19], tonumber(ARGV[20]), ARGV[21]
local stated, vector, names, days = ARGV[22], ARGV[23], ARGV[24], tonumber(ARGV[25])
local quotations = ARGV[26]  -- for each shingle 1 where it lies within quotation marks, 0 elsewhere
local NEW, UPDATE, STORY, CARRIES, COPY = 1, 2, 3, 4, 5
local LINKS = {'url', 'exact', 'title', 'sketch', 'event'}
local URL, EXACT, TITLE, SKETCH, EVENT = 1, 2, 3, 4, 5
local terms = #event / 8

-- Looking up

-- Whether what was entered in an epoch (its lowest byte) is still read.
local function is_read(entered)
  local age = (epoch - entered) % 256
  return age < C.live_epochs or age >= 128
end

-- The strings of postings that were read, by key; each kind has its own keys and its own size of an entry.
local TEXT, SHINGLE, TERM = 10, 9, 8
local FIELD = {[TEXT] = 4, [SHINGLE] = 3, [TERM] = 3}
local strings = {}

-- Read the strings of all `keys` at once: one call instead of one a hash.
local function fetch(keys)
  local values = call('MGET', unpack(keys))
  for i = 1, #keys do strings[keys[i]] = values[i] or '' end
end

-- The owners of a hash, in order of arrival.
local function owners_of(key, field, size)
  local raw, owners = strings[key], ''
  local at, from = find(raw, field, 1, true), FIELD[size]
  while at do
    if (at - 1) % size ~= 0 then
      at = find(raw, field, at + 1, true)
    else
      if is_read(byte(raw, at + size - 1)) then owners = owners .. sub(raw, at + from, at + size - 2) end
      at = find(raw, field, at + size, true)
    end
  end
  return owners
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

local function contains(owners, number, size)
  for at = 1, #owners, size do
    if unpack_('>I4', owners, at) == number then return true end
  end
  return false
end

local function group(kind, number) return prefix .. ':' .. kind .. ':' .. floor(number / 128), char(number % 128) end

-- The record of a number; in `live`, where it is inside the window.
local records = {}
local function record(number)
  if records[number] ~= nil then return records[number] end
  local r = false
  local raw = call('HGET', group('r', number))
  if raw then
    local at
    r = {number = number}
    r.seen, r.top, r.leader, r.carried, r.outlet, r.hashes, r.short, r.depth, r.more, r.first, r.id, at =
      unpack_('>I4I4I4I4I2BBBBc14Bc0', raw)
    r.marks = sub(raw, at)
    r.short, r.more = r.short == 1, r.more == 1
  end
  records[number] = r
  return r
end

local function live(number)
  local r = record(number)
  return r and now - r.seen <= window and r
end

-- The id of a story is that of its leader, whose record stays as long as the story does.
local function story_of(r)
  local leader = record(r.leader)
  return leader and leader.id or r.id
end

local function first_live(owners)
  for at = 1, #owners, 5 do
    local r = live((unpack_('>I4', owners, at)))
    if r then return r end
  end
  return false
end

local function real(wire)  -- see packing.py
  if byte(wire) ~= 0 then return wire end
  return (sub(wire, 2):gsub('.', function(c) return string.format('%02x', byte(c)) end))
end

local function share(part, whole)
  if whole == 0 then return 0 end
  local ratio = part / whole
  return ratio < 1 and ratio or 1
end

local function rounded(score) return floor(score * 10000 + 0.5) end

-- The keys of what identifies the text, and of its shingles; the bytes that stand for the hash under each.
local at_identity, at_exact, at_title = prefix .. ':x:', prefix .. ':x:', prefix .. ':x:'
at_identity, identity = at_identity .. sub(identity, 1, 2), sub(identity, 3)
at_exact, exact = at_exact .. sub(exact, 1, 2), sub(exact, 3)
local needed, keys, fields = {at_identity, at_exact}, {}, {}
if title ~= '' then
  at_title, title = at_title .. sub(title, 1, 2), sub(title, 3)
  needed[3] = at_title
end
local shingles = prefix .. ':s:'
for i = 1, #sketch / 10 do
  local at = i * 10 - 5
  keys[i], fields[i] = shingles .. sub(sketch, at, at + 2), sub(sketch, at + 3, at + 5)
  needed[#needed + 1] = keys[i]
end
fetch(needed)

local identity_all = owners_of(at_identity, identity, TEXT)
local prior = #identity_all > 0 and live((unpack_('>I4', identity_all, #identity_all - 4))) or false
local again = prior and prior.id == id and prior or false

local function noted(kind, number, suffix)
  local key, field = group(kind, number)
  return call('HGET', key, field .. suffix) or ''
end

-- The verdict given to this very version before.
local further = again and again.more and noted('u', again.number, '') or ''
if again then
  local versions = again.first .. further
  for at = 1, #versions, 14 do
    if sub(versions, at, at + 5) == version then
      local _, status, link, score, linked = unpack_('>c6BBI2I4', versions, at)
      local story, other = story_of(again), linked > 0 and record(linked)
      local note = (status == UPDATE or link == EVENT) and noted('b', again.number, version) or ''
      return {status, 1, story, other and other.id or (linked > 0 and story or ''), link, score, note}
    end
  end
end

local alls, wrapper, own, shared = {}, {}, {}, {}
for i = 1, #keys do
  local all = owners_of(keys[i], fields[i], SHINGLE)
  alls[i] = all
  if all == '' or not is_boilerplate(all) then
    own[#own + 1] = unpack_('>I4', sketch, i * 10 - 9)
    for o = 1, #all, 5 do
      local number = unpack_('>I4', all, o)
      shared[number] = (shared[number] or 0) + 1
    end
  else
    wrapper[i] = true
  end
end
local exact_all = owners_of(at_exact, exact, TEXT)
local title_all = title ~= '' and owners_of(at_title, title, TEXT) or ''

local function resemblance(r)
  local count = shared[r.number]
  if not count then return nil end
  local mine, other = 0, r.hashes
  for i = 1, #own do if own[i] <= r.top then mine = mine + 1 end end
  if top < r.top then other = floor(r.hashes * top / r.top + 0.5) end
  local home = r.outlet == outlet
  local containment = share(count, home and math.max(mine, other) or math.min(mine, other))
  local own_share = share(count, mine)
  return {owner = r, home = home, shared = count, containment = containment, own_share = own_share,
          brings_news = own_share < C.new_text_containment or mine >= C.fuller * other,
          is_copy = containment >= (home and C.own_outlet_copy or C.copy_containment),
          is_story = containment >= (home and C.own_outlet_story or C.story_containment),
          may_be_wrapper = home and containment < C.wrapper_below}
end

-- The numbers that were met most often, at most `most` of them; the one that came first among equals.
local function most_met(met, least, most)
  local numbers, counts, held = {}, {}, 0
  for number, count in pairs(met) do
    if count >= least and (held < most or count > counts[held] or count == counts[held] and number < numbers[held]) then
      local at = held < most and held + 1 or held
      while at > 1 and (counts[at - 1] < count or counts[at - 1] == count and numbers[at - 1] > number) do
        numbers[at], counts[at] = numbers[at - 1], counts[at - 1]
        at = at - 1
      end
      numbers[at], counts[at] = number, count
      if held < most then held = held + 1 end
    end
  end
  return numbers
end

local function nearest_texts()
  local found = {}
  for _, number in ipairs(most_met(shared, C.weak_shared, C.most_judged)) do
    local r = live(number)
    local near = r and resemblance(r)
    if near then found[#found + 1] = near end
  end
  table.sort(found, function(a, b)
    if a.containment ~= b.containment then return a.containment > b.containment end
    return a.owner.number < b.owner.number
  end)
  return found
end

local term_at, weight, rarity, titled  -- 3 bytes of key to place; the rest by place
local name_at, named, states = {}, 0, {}  -- 3 bytes of key to the headline's names it stands for; which are states
local function read_terms()
  term_at, weight, rarity, titled = {}, {}, {}, {}
  for i = 1, terms do
    local at = i * 8 - 7
    term_at[sub(event, at + 2, at + 4)] = i
    weight[i], rarity[i], titled[i] = byte(event, at + 5, at + 7)
  end
  -- Names: for each, B words (128 more where it is a state) and 3 bytes of key a word.
  local at = 1
  states.count = 0
  while at <= #names do
    local size = byte(names, at)
    local last = at + size % 128 * 3
    named = named + 1
    states[named] = size >= 128
    if size >= 128 then states.count = states.count + 1 end
    for p = at + 1, last, 3 do
      local key = sub(names, p, p + 2)
      local known = name_at[key] or {}
      known[#known + 1], name_at[key] = named, known
    end
    at = last + 1
  end
end

-- Score of one representative whose vector is `raw`, the places of the terms shared, and whether it leaves out
-- any of the headline's states (foreign), or speaks of no name (strangers), or of none of several states.
local function likeness(raw)
  if not term_at then read_terms() end
  local product, heading, places = 0, 0, {}
  local r1, r2, r3 = 0, 0, 0  -- the three rarest
  local met, states_met, seen = 0, 0, {}
  local other_published, _, norm, count, other_days = unpack_('>I4I4BBB', raw)
  for p = C.vector_at, C.vector_at + (count - 1) * 4, 4 do
    local key = sub(raw, p, p + 2)
    local i, standing = term_at[key], name_at[key]
    if i then
      local other = byte(raw, p + 3)
      local both = weight[i] * (other % 128)
      product = product + both
      if other >= 128 and titled[i] == 1 then heading = heading + both end
      local r = rarity[i]
      if r > r1 then r1, r2, r3 = r, r1, r2 elseif r > r2 then r2, r3 = r, r2 elseif r > r3 then r3 = r end
      places[#places + 1] = i
    end
    if standing then
      for n = 1, #standing do
        local name = standing[n]
        if not seen[name] then
          seen[name], met = true, met + 1
          if states[name] then states_met = states_met + 1 end
        end
      end
    end
  end
  local foreign = states_met < states.count
  local who = {foreign = foreign, strangers = foreign or named > 0 and met == 0,
               other_states = states.count > 1 and states_met == 0}
  local norms = title_norm * norm
  local titles = norms > 0 and heading / norms or 0
  local score = (product / C.product_one + C.rarity_part * ((r1 + r2 + r3) / C.rarity_ten)
                 + C.title_part * titles) / C.full_score
  if published > 0 and other_published > 0 then
    local gap = math.abs(published - other_published)
    if gap > C.far_s then return 0, places, who end
    if gap <= C.near_s then score = score + C.near_bonus end
  end
  if days > 0 and other_days > 0 then
    score = score + (bit.band(days, other_days) > 0 and C.same_day or -C.other_day)
  end
  if who.strangers then score = score - (foreign and C.other_states or C.strangers) end
  return score, places, who
end

-- Where the vector of a number lies.
local function slot(number)
  return prefix .. ':v:' .. floor(number / C.page_slots), number % C.page_slots * C.slot_bytes
end

-- How the story of a leader scores by its live representatives; nil where it has none.
local likened = {}
local function story_likeness(leader)
  if likened[leader] ~= nil then return likened[leader] end
  local others = noted('p', leader, '')
  local total, count, best = 0, 0, nil
  for i = 0, #others / 4 do
    local number = i == 0 and leader or unpack_('>I4', others, i * 4 - 3)
    local key, at = slot(number)
    local raw = call('GETRANGE', key, at, at + C.slot_bytes - 1)
    if #raw >= C.vector_at and byte(raw, 10) > 0 and now - unpack_('>I4', raw, 5) <= window then
      local score, places, who = likeness(raw)
      total, count = total + score, count + 1
      if not best or score > best.best then best = {best = score, places = places, number = number, who = who} end
    end
  end
  if best then best.score, best.owner = total / count, record(best.number) end
  if best and not best.owner then best = nil end
  likened[leader] = best or false
  return best
end

-- The keys of the terms that are asked for, read when first needed.
local term_keys
local function ask_terms()
  if term_keys then return end
  term_keys = {}
  for i = 1, math.min(terms, C.asked_terms) do term_keys[i] = prefix .. ':t:' .. sub(event, i * 8 - 7, i * 8 - 6) end
  if #term_keys > 0 then fetch(term_keys) end
end

local function term_owners(i) return owners_of(term_keys[i], sub(event, i * 8 - 5, i * 8 - 3), TERM) end

local function nearest_stories()
  ask_terms()
  local met, found = {}, {}
  for i = 1, #term_keys do
    local owners = term_owners(i)
    for o = 1, #owners, 4 do
      local leader = unpack_('>I4', owners, o)
      met[leader] = (met[leader] or 0) + 1
    end
  end
  for _, leader in ipairs(most_met(met, C.least_met, C.most_stories)) do
    local near = story_likeness(leader)
    if near then found[#found + 1] = near end
  end
  table.sort(found, function(a, b)
    if a.score ~= b.score then return a.score > b.score end
    return a.owner.leader < b.owner.leader
  end)
  return found
end

-- Judging. A finding: status, owner, link, score, whether what is shared may be the outlet's wrapper, shared words.

local function apart(mine, at, theirs, their_at)
  local n, m = byte(mine, at), byte(theirs, their_at)
  local differ = n > 0 and m > 0
  for i = at + 1, at + n * 2, 2 do
    for j = their_at + 1, their_at + m * 2, 2 do
      if sub(mine, i, i + 1) == sub(theirs, j, j + 1) then differ = false end
    end
  end
  return differ, at + 1 + n * 2, their_at + 1 + m * 2
end

-- Whether the newcomer states any of the numbers from `first` to `last` of `theirs`.
local function states(theirs, first, last)
  for i = first, last, 2 do
    local number = sub(theirs, i, i + 1)
    for j = 1, #stated, 2 do
      if sub(stated, j, j + 1) == number then return true end
    end
  end
  return false
end

local function conflict(theirs, home)
  local series, at, their_at = apart(marks, 1, theirs, 1)
  if series then return 'series' end
  local numbers, their_numbers
  their_numbers = their_at
  numbers, at, their_at = apart(marks, at, theirs, their_at)
  if numbers and not states(theirs, their_numbers + 1, their_at - 1) then return 'facts' end
  local skeleton = sub(marks, at, at + 1)
  if skeleton ~= '\0\0' and skeleton == sub(theirs, their_at, their_at + 1)
      and sub(marks, at + 2) ~= sub(theirs, their_at + 2) then
    return home and 'series' or 'facts'
  end
  return nil
end

local function by_exact()
  local r = first_live(exact_all)
  if r then return {COPY, r, EXACT, 10000} end
end

local function by_title()
  if title == '' or is_boilerplate(title_all) then return nil end
  for at = 1, #title_all, 5 do
    local r = live((unpack_('>I4', title_all, at)))
    if r and (short or r.short) then
      if empty then return {COPY, r, TITLE, 10000} end
      if r.depth <= C.representative_depth then return {CARRIES, r, TITLE, 10000} end
    end
  end
end

local function has_title(r)
  for at = 1, #title_all, 5 do
    if unpack_('>I4', title_all, at) == r.number then return true end
  end
  return false
end

local function of_others(near, copied)
  local story = story_likeness(near.owner.leader)
  if not story or has_title(near.owner) then return false end
  if copied then return story.who.other_states end
  return story.who.foreign or story.who.strangers and story.best < C.weak_score
end

local function about_the_same(r)
  if terms == 0 then return true end
  local story = story_likeness(r.leader)
  return not story or story.best >= C.background_score
end

local function small_but_same(near)
  if near.containment < C.weak_containment then return false end
  local story = story_likeness(near.owner.leader)
  return story and story.best >= C.weak_score
end

local function is_edited(near)
  if near.home or near.containment < C.edited_containment then return false end
  local story = story_likeness(near.owner.leader)
  return story and story.best >= C.edited_score
end

local function only_quotes(near)
  if near.home then return false end
  local r, plain, taken, quoted = near.owner, 0, 0, 0
  for i = 1, #keys do
    if not wrapper[i] and unpack_('>I4', sketch, i * 10 - 9) <= r.top then
      local has = contains(alls[i], r.number, 5) and 1 or 0
      if byte(quotations, i) == 1 then quoted = quoted + has else plain, taken = plain + 1, taken + has end
    end
  end
  if plain >= C.min_plain and quoted > taken and taken < C.own_words * plain then return true end
  if near.containment >= C.quoted_containment then return false end
  local story = story_likeness(r.leader)
  return story and story.best < C.quoted_score
end

local function by_sketch()
  for _, near in ipairs(nearest_texts()) do
    local r, score = near.owner, rounded(near.containment)
    local differs = conflict(r.marks, near.home)
    if differs ~= 'series' and (near.shared >= C.min_shared or small_but_same(near)) then
      local copied = near.is_copy or is_edited(near)
      local own_words = differs or only_quotes(near)
      if not of_others(near, copied) then
        if copied and not near.brings_news and not own_words then return {COPY, r, SKETCH, score, near.may_be_wrapper} end
        if r.depth <= C.representative_depth then
          if copied then
            return {(own_words or near.containment < C.carried) and STORY or CARRIES, r, SKETCH, score}
          end
          if near.is_story and about_the_same(r) then return {STORY, r, SKETCH, score} end
        end
      end
    end
  end
end

local function shared_words(places)
  table.sort(places)
  local all, said = {}, {}
  for word in string.gmatch(words, '[^\30]+') do all[#all + 1] = word end
  for i = 1, math.min(#places, C.most_shared_words) do said[i] = all[places[i]] end
  return table.concat(said, '\30')
end

local function by_event()
  for _, story in ipairs(nearest_stories()) do
    local r = story.owner
    local home = r.outlet == outlet
    local least = home and C.own_outlet_event or C.event_score
    if story.score >= least and #story.places >= C.min_shared_terms and not story.who.other_states
        and conflict(r.marks, home) ~= 'series' then
      return {STORY, r, EVENT, rounded(math.min(1, story.score)), false, shared_words(story.places)}
    end
  end
end

local function by_text() return by_exact() or by_title() or by_sketch() or by_event() or {NEW, false, 0, 0} end

local function by_address()
  local near = resemblance(prior)
  if prior.carried > 0 then
    local found = by_text()
    if found[1] == COPY and found[2].number == prior.carried then return found end
  elseif noted('f', prior.number, '') == facts then
    if contains(exact_all, prior.number, 5) then return {COPY, prior, URL, 10000} end
    if near and near.own_share >= C.flap_containment then return {COPY, prior, URL, rounded(near.own_share)} end
  end
  return {UPDATE, prior, URL, near and rounded(near.containment) or 0}
end

local found = prior and by_address() or by_text()
local status, owner, link, score = found[1], found[2], found[3], found[4]
local story = again and story_of(again) or owner and story_of(owner) or id

-- Remembering

local slack = 60  -- seconds; the server's clock decides when a key goes, the caller's what is read
local posting_ttl = math.ceil(window * C.live_epochs / C.epochs) + slack
local entered = char(epoch % 256)

-- Add an entry to a string of postings, without those at its beginning that are not read any more.
local function write(key, size, entry)
  local raw, from = strings[key], 1
  while from <= #raw and not is_read(byte(raw, from + size - 1)) do from = from + size end
  raw = (from > 1 and sub(raw, from) or raw) .. entry
  strings[key] = raw
  call('SET', key, raw, 'EX', posting_ttl)
end

local function post(key, field, size, all, number, owner_entry)
  if all ~= '' and (#all / 5 >= C.max_owners or number > 0 and contains(all, number, 5)) then return end
  write(key, size, field .. owner_entry .. entered)
end

local function post_term(i, leader)
  local owners, key, field = term_owners(i), term_keys[i], sub(event, i * 8 - 5, i * 8 - 3)
  local entry = pack_('>I4', leader)
  if contains(owners, leader, 4) then return end
  if #owners / 4 >= C.most_stories_a_term then  -- the oldest makes room
    local raw = strings[key]
    local at = find(raw, field .. sub(owners, 1, 4), 1, true)
    while (at - 1) % TERM ~= 0 do at = find(raw, field .. sub(owners, 1, 4), at + 1, true) end
    strings[key] = sub(raw, 1, at - 1) .. sub(raw, at + TERM)
  end
  write(key, TERM, field .. entry .. entered)
end

local function keep(kind, number, suffix, value)
  local key, field = group(kind, number)
  call('HSET', key, field .. suffix, value)
  call('EXPIRE', key, window + slack)
end

local function represent(number, leader)
  if terms == 0 then return end
  if number ~= leader then
    local others = noted('p', leader, '')
    if #others / 4 + 1 >= C.most_representatives then return end
    keep('p', leader, '', others .. pack_('>I4', number))
  end
  local key, at = slot(number)
  -- A page is made in its full size at once: a string that grows is given twice the room it needs.
  if call('EXISTS', key) == 0 then call('SETRANGE', key, C.page_slots * C.slot_bytes - 1, '\0') end
  call('SETRANGE', key, at, pack_('>I4I4BBB', published, now, title_norm, terms, days) .. vector)
  call('EXPIRE', key, window + slack)
  ask_terms()
  for i = 1, math.min(terms, C.posted_terms) do post_term(i, leader) end
end

-- Copies are numbered apart from owners of a text, so that pages of vectors have no gaps.
local function next_number()
  if status == COPY then return C.first_copy + call('INCR', prefix .. ':c') end
  return call('INCR', prefix .. ':n')
end

local number = again and again.number or next_number()
local linked = owner and owner.number or 0
local note = found[6] or ''
if status == UPDATE then
  local held = call('HGET', prefix .. ':story:' .. real(story_of(prior)), real(prior.id))
  note = noted('f', prior.number, '') .. '\31' .. (held and cjson.decode(held)[C.title_at] or '')
end
if note ~= '' then keep('b', number, version, note) end
local entry = pack_('>c6BBI2I4', version, status, link, score, linked)
if again then
  further = further .. entry
  if #further / 14 >= C.most_versions then further = sub(further, 15) end
  keep('u', number, '', further)
end

local r
if again and owner == again and status == COPY then
  r = again  -- a flap: nothing else has changed
else
  r = {seen = now, top = top, outlet = outlet, hashes = #keys, short = short, marks = marks, id = id}
  r.carried = (status == COPY or status == CARRIES) and linked or 0
  local by, strength = link, score
  if again then
    r.leader, r.depth, r.first = again.leader, again.depth, again.first
    by, strength = select(3, unpack_('>c6BBI2', again.first))
  else
    r.leader, r.depth, r.first = owner and owner.leader or number, owner and math.min(255, owner.depth + 1) or 0, entry
  end
  local tail = ',null,null,null]'
  if by ~= 0 then
    tail = string.format(',"%s",%.4f,%s]', LINKS[by], strength / 10000,
                         r.carried == 0 and 'null' or cjson.encode(real(owner.id)))
  end
  local story_key = prefix .. ':story:' .. real(story)
  call('HSET', story_key, real_id, member .. tail)
  call('EXPIRE', story_key, window)
  keep('f', number, '', facts)
  if r.leader ~= number then call('EXPIRE', (group('r', r.leader)), window + slack) end
  local owner_entry = pack_('>I4B', number, outlet % 256)
  if not (status == COPY and link == URL) then
    post(at_identity, identity, TEXT, identity_all, number, owner_entry)
  end
  if found[5] then
    for i = 1, #keys do
      if not wrapper[i] and contains(alls[i], owner.number, 5) then
        post(keys[i], fields[i], SHINGLE, alls[i], 0, pack_('>I4B', 0, outlet % 256))
      end
    end
  end
  if status ~= COPY then
    post(at_exact, exact, TEXT, exact_all, number, owner_entry)
    if title ~= '' then post(at_title, title, TEXT, title_all, number, owner_entry) end
    for i = 1, #keys do post(keys[i], fields[i], SHINGLE, alls[i], number, owner_entry) end
    if status ~= UPDATE then represent(number, r.leader) end
  end
end
keep('r', number, '', pack_('>I4I4I4I4I2BBBBc14B', r.seen, r.top, r.leader, r.carried, r.outlet, r.hashes,
  r.short and 1 or 0, r.depth, again and 1 or 0, r.first, #r.id) .. r.id .. r.marks)
return {status, 0, story, owner and owner.id or '', link, score, note}
