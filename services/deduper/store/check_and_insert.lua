#!lua
-- Check-and-insert of some articles of one language, in their order: look up, judge, remember, in one atomic step.
-- The same steps in the same order as core/lookup.py, core/judging.py and core/memory.py; the constants C.* are theirs
-- and are put in their places before the script is sent.
-- KEYS[1] prefix of the bucket. ARGV: now, window, epoch, then one string an article, see store/packing.py.
--
-- I4, I2 and B are unsigned big-endian numbers of 4, 2 and 1 bytes, s is a length byte and that many bytes.
-- Postings lie in strings: B epoch in which its life was last set, some dozens of entries, then zeros for entries to
--   come. An entry of a text's hash: 4 bytes of hash, I4 number, B outlet, B epoch; of an anchor's: 2 bytes of hash, the
--   same; of a term's: 3 bytes, I4 leader, B epoch. Those of texts and anchors are in order of arrival. An epoch is never
--   zero, so what has as many zeros as an entry has bytes is free.
--   The owners of a hash, as they are handed around: I4 number, B outlet (its lower half) each.
-- Record: I4 seen, I4 top, I4 leader, I4 number of the article whose text it carries (0), I2 outlet, B hashes in its
--   sketch (0 for a copy), B short, B depth, B whether it has more versions, version, s own id, then marks. Records stay
--   under 64 bytes, so that the server packs them.
-- Version: 6 bytes version, B status, B link, I2 score, I4 linked number (0).
-- Slot of a page: vector and sketch. Vector, of a representative: I4 published, I4 seen, B title norm, B terms, B weekdays
--   and 128 where its story has no other representatives, then terms: 3 bytes key, B weight (128 more where it stands in
--   the title), then zeros. Sketch: 2 bytes a hash.
--
-- What costs is calls of the server, every byte of a string made (the server's Lua hashes them all) and numbers written
-- out. So postings are read together and written in their places, fields are written together at the end, and times to
-- live are handed over as text.
local call, unpack_, pack_ = redis.call, struct.unpack, struct.pack
local sub, byte, char, find, rep = string.sub, string.byte, string.char, string.find, string.rep
local floor, min, max, format, sort = math.floor, math.min, math.max, string.format, table.sort
local prefix = KEYS[1]
local now, window, epoch = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local slack = 60  -- seconds; the server's clock decides when a key goes, the caller's what is read
local kept_for, story_kept_for = tostring(window + slack), tostring(window)
local postings_kept_for = tostring(math.ceil(window * (C.live_epochs + C.renewed_epochs - 1) / C.epochs) + slack)
local this_epoch = epoch % 255 + 1
local NEW, UPDATE, STORY, CARRIES, COPY = 1, 2, 3, 4, 5
local LINKS = {'url', 'exact', 'title', 'sketch', 'event'}
local URL, EXACT, TITLE, SKETCH, EVENT = 1, 2, 3, 4, 5
local ENTRY_TEXT, ENTRY_ANCHOR, ENTRY_TERM = 10, 8, 8

-- Whether what was entered in an epoch is still read.
local is_read = {}
for entered = 1, 255 do
  local age = (this_epoch - entered) % 255
  is_read[entered] = age < C.live_epochs or age >= 128
end

-- What this call of the script has read and is to write.

local puts, touched = {}, {}  -- fields of hashes by key; hashes that are to live on
local collides  -- whether two hashes of the article at hand lie in one string of postings
local records, pages = {}, {}  -- by number; of vectors, whether they are there
local left, next_owner, next_copy = #ARGV - 3, nil, nil  -- articles to come; numbers set aside for them

-- The owners of a hash in a string, in order of arrival. `size` is that of an entry.
local function owners_of(raw, field, size)
  if not raw then return '' end
  local at, owners = find(raw, field, 2, true), ''
  while at do
    if (at - 2) % size ~= 0 then
      at = find(raw, field, at + 1, true)
    else
      if is_read[byte(raw, at + size - 1)] then owners = owners .. sub(raw, at + size - 6, at + size - 2) end
      at = find(raw, field, at + size, true)
    end
  end
  return owners
end

local offsets = {}  -- numbers as text
local function text(number)
  local found = offsets[number]
  if not found then
    found = format('%d', number)
    offsets[number] = found
  end
  return found
end

-- Where the free part of a string begins: it is less than a quarter of one that has more than a few entries.
local FREE = {[ENTRY_TEXT] = rep('\0', ENTRY_TEXT), [ENTRY_ANCHOR] = rep('\0', ENTRY_ANCHOR),
              [ENTRY_TERM] = rep('\0', ENTRY_TERM)}
local function first_free(raw, size)
  local from = #raw > 200 and 2 + floor((#raw - 1) * 0.75 / size) * size or 2
  local at = find(raw, FREE[size], from, true)
  return at and at + (2 - at) % size or 2 + floor((#raw - 1) / size) * size
end

-- The length of a string with so many bytes in it: as many as the server sets aside for it anyway.
local function service(bytes)
  local header, step = bytes < 252 and 4 or 6, 16
  while step * 8 < bytes + header do step = step * 2 end
  return math.ceil((bytes + header) / step) * step - header
end

-- Write a string anew, of which what lies before `stop` is used, and set its life. What is not read any more is left out:
-- at its beginning, or anywhere if it is to be sifted, where entries are in no order.
local function rewrite(key, raw, stop, size, entry, sifted)
  local from = 2
  if sifted then
    local kept = {}
    for at = 2, stop - size, size do
      if is_read[byte(raw, at + size - 1)] then kept[#kept + 1] = sub(raw, at, at + size - 1) end
    end
    raw = table.concat(kept)
    from, stop = 1, #raw + 1
  else
    while from < stop and not is_read[byte(raw, from + size - 1)] do from = from + size end
  end
  local bytes = 1 + stop - from + #entry
  raw = char(this_epoch) .. sub(raw, from, stop - 1) .. entry .. rep('\0', service(bytes) - bytes)
  call('SET', key, raw, 'EX', postings_kept_for)
end

-- Where the first entry of a term lies that is not read any more: they are in no order, so the next one takes its place.
local function unread(raw, stop)
  for at = 2, stop - ENTRY_TERM, ENTRY_TERM do
    if not is_read[byte(raw, at + ENTRY_TERM - 1)] then return at end
  end
end

-- Add an entry to a string of postings that was read as `raw`. Where two hashes of an article lie in one string, it is
-- read again.
local function enter(key, raw, size, entry)
  if collides then raw = call('GET', key) end
  raw = raw or ''
  local stop = first_free(raw, size)
  local at = stop
  local due = raw == '' or (this_epoch - byte(raw, 1)) % 255 >= C.renewed_epochs  -- what is entered might outlive it
  if at + size - 1 > #raw and size == ENTRY_TERM then at = unread(raw, stop) or stop end
  -- There are 255 epochs: nothing is to grow so old that its own comes again.
  if at + size - 1 > #raw or due and (size == ENTRY_TERM or (this_epoch - byte(raw, size + 1)) % 255 >= C.old_epochs) then
    return rewrite(key, raw, stop, size, entry, due and size == ENTRY_TERM)
  end
  call('SETRANGE', key, text(at - 1), entry)
  if due then
    call('SETRANGE', key, '0', char(this_epoch))
    call('EXPIRE', key, postings_kept_for)
  end
end

local groups = {r = {}, f = {}, u = {}, b = {}, p = {}, w = {}}  -- keys by kind and first number
local function group(kind, number)
  local within = number % 64
  local of_kind, first = groups[kind], number - within
  local key = of_kind[first]
  if not key then
    key = format('%s:%s:%d', prefix, kind, first / 64)
    of_kind[first] = key
  end
  return key, char(within)
end

local function noted(kind, number, suffix)
  local key, field = group(kind, number)
  local held = puts[key]
  return held and held[field .. suffix] or call('HGET', key, field .. suffix) or ''
end

local function keep(kind, number, suffix, value)
  local key, field = group(kind, number)
  local held = puts[key]
  if not held then
    held = {}
    puts[key] = held
  end
  held[field .. suffix] = value
end

-- The record of a number.
local function record(number)
  local r = records[number]
  if r ~= nil then return r end
  r = false
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

-- The same, where it is inside the window.
local function live(number)
  local r = record(number)
  return r and now - r.seen <= window and r
end

-- The id of a story is that of its leader, whose record stays as long as the story does.
local function story_of(r)
  local leader = r.leader == r.number and r or record(r.leader)
  return leader and leader.id or r.id
end

local HEX = setmetatable({}, {__index = function(known, number)
  local digits = format('%02x', number)
  known[number] = digits
  return digits
end})
local function real(wire)  -- see packing.py
  if byte(wire) ~= 0 then return wire end
  local a, b, c, d, e, f, g, h, i, j, k, l = byte(wire, 2, 13)
  return HEX[a] .. HEX[b] .. HEX[c] .. HEX[d] .. HEX[e] .. HEX[f] .. HEX[g] .. HEX[h] .. HEX[i] .. HEX[j] .. HEX[k] .. HEX[l]
end

local function first_live(owners)
  for at = 1, #owners, 5 do
    local r = live((unpack_('>I4', owners, at)))
    if r then return r end
  end
  return false
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

-- Where the first of the pieces of `size` bytes that lie in a string begins that begins so; nil where none does.
local function place_of(raw, size, beginning)
  local at = find(raw, beginning, 1, true)
  while at and (at - 1) % size ~= 0 do at = find(raw, beginning, at + 1, true) end
  return at
end

local function contains(owners, number)
  return owners and owners ~= '' and place_of(owners, 5, pack_('>I4', number)) ~= nil
end

local function share(part, whole)
  if whole == 0 then return 0 end
  local ratio = part / whole
  return ratio < 1 and ratio or 1
end

local function rounded(score) return floor(score * 10000 + 0.5) end

-- The article at hand: what packing.py says of it, then what has been found out about it.

local id, real_id, version, outlet, short, empty, top, published, title_norm, days, terms
local at_identity, identity, at_exact, exact, at_title, title  -- keys of strings and the hashes' bytes in them
local anchors, sketch, sketch_tops, places, quotations, facts, member, marks, stated, event, vector, names, words
local prior, again  -- the record of its address, and the same where it is its own
local identity_all, exact_all, title_all  -- owners
local raw_identity, raw_exact, raw_title  -- the strings
local keys, parts, raws  -- by anchor: key, bytes (two places each), string
local alls, wrapper, any_wrapper  -- by anchor: owners, whether boilerplate
local met, any_met  -- by number: anchors shared
local hashes, tops, wrapped  -- of the sketch: bytes, what to compare with thresholds, whether of a wrapper
local term_keys, term_raws, term_bits  -- of those asked for, keys and strings; 3 bytes of every term
local met_count, met_oldest  -- by asked term: stories in its string, where the oldest of them is
local likened  -- by leader
local state_count, name_keys, name_states  -- the headline's names

-- Looking up

local layouts = {}
-- So many pieces of one kind that a string begins with.
local function pieces(kind, count, raw)
  local key = kind .. count
  layouts[key] = layouts[key] or '>' .. rep(kind, count)
  local found = {unpack_(layouts[key], raw)}
  found[#found] = nil  -- where the next piece would begin
  return found
end

local function read_anchors()
  local count = #anchors / 5
  keys, alls, wrapper, any_wrapper, met, any_met = {}, {}, {}, false, {}, false
  hashes, tops, wrapped = nil, nil, nil
  if count == 0 then return end
  parts = pieces('c3c2', count, anchors)
  local of_anchors = prefix .. ':s:'
  for i = 1, count do keys[i] = of_anchors .. parts[i * 2 - 1] end
  raws = call('MGET', unpack(keys))
  for i = 1, count do
    local raw, field = raws[i], parts[i * 2]
    if raw and find(raw, field, 2, true) then
      local all = owners_of(raw, field, ENTRY_ANCHOR)
      if all ~= '' then
        alls[i] = all
        if is_boilerplate(all) then
          wrapper[i], any_wrapper = true, true
        else
          for o = 1, #all, 5 do
            local a, b, c, d = byte(all, o, o + 3)
            local number = ((a * 256 + b) * 256 + c) * 256 + d
            if number > 0 then met[number], any_met = (met[number] or 0) + 1, true end
          end
        end
      end
    end
  end
end

-- What is not an anchor is of a wrapper where the nearest anchors before and behind it in the text are.
local function read_sketch()
  local count = #sketch / 2
  hashes, tops, wrapped = pieces('c2', count, sketch), pieces('I4', count, sketch_tops), {}
  if not any_wrapper then return end
  local at_place, known = {}, nil
  for i = 1, #keys do at_place[byte(places, i)] = wrapper[i] or false end
  local behind = {}
  for place = count - 1, 0, -1 do
    if at_place[place] ~= nil then known = at_place[place] end
    behind[place] = known
  end
  local before, of_place = nil, {}
  for place = 0, count - 1 do
    if at_place[place] ~= nil then before = at_place[place] end
    of_place[place] = before ~= false and behind[place] ~= false
  end
  for i = 1, count do wrapped[i] = of_place[byte(places, i)] end
end

-- Where the vector and the sketch of a number lie.
local function slot(number)
  local within = number % C.page_slots
  return format('%s:v:%d', prefix, (number - within) / C.page_slots), within * C.slot_bytes
end

-- Bytes of a sketch that a slot has service for. The rest lies in parts beside the records.
local function in_slot(number) return number < C.first_copy and C.sketch_bytes or 0 end

local function sketch_of(r)
  local size, fitting, held = r.hashes * 2, in_slot(r.number), ''
  if fitting > 0 then
    local key, at = slot(r.number)
    at = at + C.sketch_at
    held = call('GETRANGE', key, text(at), text(at + min(size, fitting) - 1))
  end
  for from = fitting, size - 1, C.part_bytes do held = held .. noted('w', r.number, char(from / C.part_bytes)) end
  return #held > size and sub(held, 1, size) or held
end

local function resemblance(r)
  if r.hashes == 0 or sketch == '' then return nil end
  if not hashes then read_sketch() end
  local theirs, count, mine, other = sketch_of(r), 0, 0, r.hashes
  local last, place  -- of those shared
  for i = 1, #hashes do
    if tops[i] > r.top then break end
    if not wrapped[i] then
      mine = mine + 1
      local at = place_of(theirs, 2, hashes[i])
      if at then count, last, place = count + 1, tops[i], (at + 1) / 2 end
    end
  end
  if count == 0 then return nil end
  if top < r.top then other = place + floor((other - place) * (top - last) / (r.top - last) + 0.5) end
  local home = r.outlet == outlet
  local containment = share(count, home and max(mine, other) or min(mine, other))
  local own_share = share(count, mine)
  return {owner = r, theirs = theirs, home = home, shared = count, containment = containment, own_share = own_share,
          brings_news = own_share < C.new_text_containment or mine >= C.fuller * other,
          is_copy = containment >= (home and C.own_outlet_copy or C.copy_containment),
          is_story = containment >= (home and C.own_outlet_story or C.story_containment),
          may_be_wrapper = home and containment < C.wrapper_below}
end

-- The numbers that were met most, at most `most` of them; the one that came first among equals.
local function most_met(counted, most)
  local numbers, counts, held = {}, {}, 0
  local low, last = 0, 0  -- count and number of the last one held, once there are `most`
  for number, count in pairs(counted) do
    if count > low or count == low and number < last then
      local at = held < most and held + 1 or held
      while at > 1 and (counts[at - 1] < count or counts[at - 1] == count and numbers[at - 1] > number) do
        numbers[at], counts[at] = numbers[at - 1], counts[at - 1]
        at = at - 1
      end
      numbers[at], counts[at] = number, count
      if held < most then held = held + 1 end
      if held == most then low, last = counts[most], numbers[most] end
    end
  end
  return numbers
end

local function nearest_texts()
  local found = {}
  if not any_met then return found end
  for _, number in ipairs(most_met(met, C.most_judged)) do
    local r = live(number)
    local near = r and resemblance(r)
    if near and near.shared >= C.weak_shared then found[#found + 1] = near end
  end
  sort(found, function(a, b)
    if a.containment ~= b.containment then return a.containment > b.containment end
    return a.owner.number < b.owner.number
  end)
  return found
end

local function read_terms()
  term_bits, name_keys, name_states, state_count = {}, {}, {}, 0
  if terms > 0 then term_bits = pieces('c3', terms, event) end
  -- Names: for each, B words (128 more where it is a state) and 3 bytes of key a word.
  local at = 1
  while at <= #names do
    local size = byte(names, at)
    local last, of_name = at + size % 128 * 3, {}
    for p = at + 1, last, 3 do of_name[#of_name + 1] = sub(names, p, p + 2) end
    name_keys[#name_keys + 1] = of_name
    name_states[#name_keys] = size >= 128
    if size >= 128 then state_count = state_count + 1 end
    at = last + 1
  end
end

-- Where the term of a key stands in a vector that ends before `stop`, if it does.
local function standing(raw, key, stop)
  local p = find(raw, key, C.vector_at, true)
  while p and (p - C.vector_at) % 4 ~= 0 do p = find(raw, key, p + 1, true) end
  return p and p < stop and p
end

-- Whom of the headline's names a vector speaks of: whether it leaves out any of the states (foreign), or speaks of
-- no name (strangers), or of none of several states.
local NOBODY = {foreign = false, strangers = false, other_states = false}
local function whom(raw, stop)
  if #name_keys == 0 then return NOBODY end
  local met, states_met = 0, 0
  for n = 1, #name_keys do
    local of_name = name_keys[n]
    for k = 1, #of_name do
      if standing(raw, of_name[k], stop) then
        met = met + 1
        if name_states[n] then states_met = states_met + 1 end
        break
      end
    end
  end
  local foreign = states_met < state_count
  return {foreign = foreign, strangers = foreign or met == 0,
          other_states = state_count > 1 and states_met == 0}
end

-- Score of one representative whose vector is `raw` with what stands before its terms: the score, the places of the
-- terms shared, and whom it speaks of.
local function likeness(raw, other_published, norm, count, other_days)
  local product, heading, places = 0, 0, {}
  local r1, r2, r3 = 0, 0, 0  -- the three rarest
  local stop = C.vector_at + count * 4
  for i = 1, terms do
    local key = term_bits[i]
    local p = find(raw, key, C.vector_at, true)
    while p and (p - C.vector_at) % 4 ~= 0 do p = find(raw, key, p + 1, true) end
    if p and p < stop then
      local at = terms * 3 + i * 3
      local weight, r, titled = byte(event, at - 2, at)
      local other = byte(raw, p + 3)
      local both = weight * (other % 128)
      product = product + both
      if other >= 128 and titled == 1 then heading = heading + both end
      if r > r1 then r1, r2, r3 = r, r1, r2 elseif r > r2 then r2, r3 = r, r2 elseif r > r3 then r3 = r end
      places[#places + 1] = i
    end
  end
  local who = whom(raw, stop)
  local norms = title_norm * norm
  local titles = norms > 0 and heading / norms or 0
  local score = (product / C.product_one + C.rarity_part * ((r1 + r2 + r3) / C.rarity_ten)
                 + C.title_part * titles) / C.full_score
  if published > 0 and other_published > 0 then
    local gap = math.abs(published - other_published)
    if gap > C.far_s then return 0, places, who end
    if gap <= C.near_s then score = score + C.near_bonus end
  end
  other_days = other_days % 128
  if days > 0 and other_days > 0 then
    score = score + (bit.band(days, other_days) > 0 and C.same_day or -C.other_day)
  end
  if who.strangers then score = score - (who.foreign and C.other_states or C.strangers) end
  return score, places, who
end

local function vector_of(number)
  local key, at = slot(number)
  return call('GETRANGE', key, text(at), text(at + C.sketch_at - 1))
end

-- How the story of a leader scores by its live representatives; nil where it has none.
local function scored(leader)
  if likened[leader] ~= nil then return likened[leader] end
  if not term_bits then read_terms() end
  local raw = vector_of(leader)
  local alone = #raw >= C.vector_at and byte(raw, 11) >= 128
  local others = alone and '' or noted('p', leader, '')
  local total, count, best, number = 0, 0, false, leader
  for i = 0, #others / 4 do
    if i > 0 then
      number = unpack_('>I4', others, i * 4 - 3)
      raw = vector_of(number)
    end
    local other_published, seen, norm, held, other_days
    if #raw >= C.vector_at then other_published, seen, norm, held, other_days = unpack_('>I4I4BBB', raw) end
    if held and held > 0 and now - seen <= window then
      local score, places, who = likeness(raw, other_published, norm, held, other_days)
      total, count = total + score, count + 1
      if not best or score > best.best then
        best = {best = score, places = places, number = number, who = who, leader = leader}
      end
    end
  end
  if best then best.score = total / count end
  likened[leader] = best
  return best
end

-- The same, where the record of its best representative is still there.
local function story_likeness(leader)
  local story = scored(leader)
  return story and record(story.number) and story
end

-- Read the strings of the terms that are asked for, when first needed.
local function ask_terms()
  if term_keys then return end
  if not term_bits then read_terms() end
  term_keys, term_raws, met_count, met_oldest = {}, {}, {}, {}
  local of_terms = prefix .. ':t:'
  local at = terms * 6 - 1
  for i = 1, min(terms, C.asked_terms) do term_keys[i] = of_terms .. sub(event, at + i * 2, at + i * 2 + 1) end
  if terms > 0 then term_raws = call('MGET', unpack(term_keys)) end
end

-- Add up, in `met_by` by leader, what the stories share that an asked term stands in, and note how many they are.
local function scan(i, met_by)
  local raw, field = term_raws[i], term_bits[i]
  local weight, rarity = byte(event, terms * 3 + i * 3 - 2, terms * 3 + i * 3 - 1)
  local worth = weight * rarity
  local at, count, lowest, oldest = raw and find(raw, field, 2, true), 0, 2^32, 0
  while at do
    if at % ENTRY_TERM == 2 then
      local a, b, c, d, entered = byte(raw, at + 3, at + 7)
      if is_read[entered] then
        count = count + 1
        local leader = ((a * 256 + b) * 256 + c) * 256 + d
        if leader < lowest then lowest, oldest = leader, at end
        met_by[leader] = (met_by[leader] or 0) + worth
      end
      at = find(raw, field, at + ENTRY_TERM, true)
    else
      at = find(raw, field, at + 1, true)
    end
  end
  met_count[i], met_oldest[i] = count, oldest
end

local function nearest_stories()
  ask_terms()
  local met_by, found = {}, {}
  for i = 1, #term_keys do scan(i, met_by) end
  for _, leader in ipairs(most_met(met_by, C.most_stories)) do
    local near = scored(leader)
    if near then found[#found + 1] = near end
  end
  sort(found, function(a, b)
    if a.score ~= b.score then return a.score > b.score end
    return a.leader < b.leader
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
  local r = exact_all ~= '' and first_live(exact_all)
  if r then return {COPY, r, EXACT, 10000} end
end

local function by_title()
  if title_all == '' or is_boilerplate(title_all) then return nil end
  for at = 1, #title_all, 5 do
    local r = live((unpack_('>I4', title_all, at)))
    if r and (short or r.short) then
      if empty then return {COPY, r, TITLE, 10000} end
      if r.depth <= C.representative_depth then return {CARRIES, r, TITLE, 10000} end
    end
  end
end

local function of_others(near, copied)
  local story = story_likeness(near.owner.leader)
  if not story or contains(title_all, near.owner.number) then return false end
  if copied then return story.who.other_states end
  return story.who.foreign or story.who.strangers and story.best < C.weak_score
end

local function about_the_same(r)
  if terms == 0 then return true end
  local story = story_likeness(r.leader)
  return not story or story.best >= C.background_score
end

local function means_something(near)
  if near.shared >= C.min_shared then return true end
  if near.shared >= C.some_shared and near.containment >= C.some_containment then return true end
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
  for i = 1, find(quotations, '\1', 1, true) and #hashes or 0 do
    if not wrapped[i] and tops[i] <= r.top then
      local held = place_of(near.theirs, 2, hashes[i]) and 1 or 0
      if byte(quotations, i) == 1 then quoted = quoted + held else plain, taken = plain + 1, taken + held end
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
    if differs ~= 'series' and means_something(near) then
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
  local all, said = {}, {}
  for word in string.gmatch(words, '[^\30]+') do all[#all + 1] = word end
  for i = 1, min(#places, C.most_shared_words) do said[i] = all[places[i]] end
  return table.concat(said, '\30')
end

local function by_event()
  for _, story in ipairs(nearest_stories()) do
    if story.score >= min(C.event_score, C.own_outlet_event) and #story.places >= C.min_shared_terms
        and not story.who.other_states then
      local r = record(story.number)
      local home = r and r.outlet == outlet
      if r and story.score >= (home and C.own_outlet_event or C.event_score) and conflict(r.marks, home) ~= 'series' then
        return {STORY, r, EVENT, rounded(min(1, story.score)), false, shared_words(story.places)}
      end
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
    if contains(exact_all, prior.number) then return {COPY, prior, URL, 10000} end
    if near and near.own_share >= C.flap_containment then return {COPY, prior, URL, rounded(near.own_share)} end
  end
  return {UPDATE, prior, URL, near and rounded(near.containment) or 0}
end

-- The verdict given to this very version before.
local function given(further)
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

-- Remembering

local function post(key, raw, field, size, all, number, tail)
  if all and all ~= '' and (#all / 5 >= C.max_owners or again and contains(all, number)) then return end
  enter(key, raw, size, field .. tail)
end

local function post_term(i, leader, is_new, tail)
  local key, field = term_keys[i], term_bits[i]
  if collides then term_raws[i] = call('GET', key) end
  local raw, entry = term_raws[i], field .. tail
  if collides or not met_count[i] then scan(i, {}) end
  if raw and not is_new then
    local known = sub(entry, 1, 7)
    local at = find(raw, known, 2, true)
    while at do
      if at % ENTRY_TERM == 2 and is_read[byte(raw, at + 7)] then return end
      at = find(raw, known, at + 1, true)
    end
  end
  if met_count[i] < C.most_stories_a_term then
    enter(key, raw, ENTRY_TERM, entry)
  elseif (this_epoch - byte(raw, 1)) % 255 < C.renewed_epochs then  -- the oldest story makes service
    call('SETRANGE', key, text(met_oldest[i] - 1), entry)
  else
    local at = met_oldest[i]
    raw = sub(raw, 1, at - 1) .. entry .. sub(raw, at + ENTRY_TERM)
    rewrite(key, raw, first_free(raw, ENTRY_TERM), ENTRY_TERM, '', true)
  end
end

-- Write into a slot.
local function hold(number, offset, value)
  local key, at = slot(number)
  -- A page is made in its full size at once: a string that grows is given twice the service it needs.
  if not pages[key] and call('EXISTS', key) == 0 then
    call('SETRANGE', key, text(C.page_slots * C.slot_bytes - 1), '\0')
  end
  pages[key], touched[key] = true, true
  call('SETRANGE', key, text(at + offset), value)
end

-- Keep a sketch; `beside` is what stands before it in the slot and is written with it.
local function hold_sketch(number, beside)
  local fitting = in_slot(number)
  if fitting > 0 then hold(number, C.sketch_at - #beside, beside .. sub(sketch, 1, fitting)) end
  for from = fitting, #sketch - 1, C.part_bytes do
    keep('w', number, char(from / C.part_bytes), sub(sketch, from + 1, from + C.part_bytes))
  end
end

-- Whether an article is to represent its story.
local function represents(number, leader)
  if terms == 0 then return false end
  if number == leader then return true end
  local others = noted('p', leader, '')
  if #others / 4 + 1 >= C.most_representatives then return false end
  if others == '' then  -- the leader is not alone any more
    local raw = vector_of(leader)
    if #raw >= C.vector_at then hold(leader, 10, char(byte(raw, 11) % 128)) end
  end
  keep('p', leader, '', others .. pack_('>I4', number))
  return true
end

local function represent(number, leader)
  local is_new = number == leader
  local said = pack_('>I4I4BBB', published, now, title_norm, terms, is_new and days + 128 or days)
  hold_sketch(number, said .. vector .. rep('\0', C.sketch_at + 1 - C.vector_at - #vector))
  ask_terms()
  local tail = pack_('>I4B', leader, this_epoch)
  for i = 1, min(terms, C.posted_terms) do post_term(i, leader, is_new, tail) end
end

-- Copies are numbered apart from owners of a text, so that pages of vectors have no gaps.
local function next_number(status)
  if status == COPY then
    next_copy = (next_copy or call('INCRBY', prefix .. ':c', left) - left) + 1
    return C.first_copy + next_copy
  end
  next_owner = (next_owner or call('INCRBY', prefix .. ':n', left) - left) + 1
  return next_owner
end

-- The member's link, as it ends what packing.py says of it.
local function link_of(r, owner, by, strength)
  if by == 0 then return ',null,null,null]' end
  return format(',"%s",%.4f,%s]', LINKS[by], strength / 10000, r.carried == 0 and 'null' or cjson.encode(real(owner.id)))
end

local function remember(found, further)
  local status, owner, link, score = found[1], found[2], found[3], found[4]
  local story = again and story_of(again) or owner and story_of(owner) or id
  local number = again and again.number or next_number(status)
  local linked = owner and owner.number or 0
  local note = found[6] or ''
  if status == UPDATE then
    local held = call('HGET', prefix .. ':story:' .. real(story_of(prior)), real(prior.id))
    local said = noted('f', prior.number, '')
    if said == '' and live(prior.carried) then said = noted('f', prior.carried, '') end  -- a copy says what it carries
    if said == '' then said = '\31\31\31' end
    note = said .. '\31' .. (held and cjson.decode(held)[C.title_at] or '')
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
    r.more = true
  else
    r = {number = number, seen = now, top = top, outlet = outlet, hashes = status == COPY and 0 or #sketch / 2,
         short = short, marks = marks, id = id, more = again and true or false}
    r.carried = (status == COPY or status == CARRIES) and linked or 0
    local by, strength = link, score
    if again then
      r.leader, r.depth, r.first = again.leader, again.depth, again.first
      by, strength = select(3, unpack_('>c6BBI2', again.first))
    else
      r.leader, r.depth, r.first = owner and owner.leader or number, owner and min(255, owner.depth + 1) or 0, entry
    end
    local story_key = prefix .. ':story:' .. (story == id and real_id or real(story))
    call('HSET', story_key, real_id, member .. link_of(r, owner, by, strength))
    call('EXPIRE', story_key, story_kept_for)
    if status ~= COPY then keep('f', number, '', facts) end
    if r.leader ~= number then touched[(group('r', r.leader))] = true end
    local tail = pack_('>I4BB', number, outlet % 256, this_epoch)
    if not (status == COPY and link == URL) then
      post(at_identity, raw_identity, identity, ENTRY_TEXT, identity_all, number, tail)
    end
    if found[5] then
      local nobody = pack_('>I4BB', 0, outlet % 256, this_epoch)
      for i = 1, #keys do
        local all = alls[i]
        if not wrapper[i] and contains(all, owner.number) and #all / 5 < C.max_owners then
          enter(keys[i], raws[i], ENTRY_ANCHOR, parts[i * 2] .. nobody)
        end
      end
    end
    if status ~= COPY then
      post(at_exact, raw_exact, exact, ENTRY_TEXT, exact_all, number, tail)
      if title then post(at_title, raw_title, title, ENTRY_TEXT, title_all, number, tail) end
      for i = 1, #keys do
        local all = alls[i]
        if all then
          post(keys[i], raws[i], parts[i * 2], ENTRY_ANCHOR, all, number, tail)
        else
          enter(keys[i], raws[i], ENTRY_ANCHOR, parts[i * 2] .. tail)
        end
      end
      if status ~= UPDATE and represents(number, r.leader) then
        represent(number, r.leader)
      elseif sketch ~= '' then
        hold_sketch(number, '')
      end
    end
    records[number] = r
  end
  keep('r', number, '', pack_('>I4I4I4I4I2BBBBc14B', r.seen, r.top, r.leader, r.carried, r.outlet, r.hashes,
    r.short and 1 or 0, r.depth, r.more and 1 or 0, r.first, #r.id) .. r.id .. r.marks)
  return {status, 0, story, owner and owner.id or '', link, score, note}
end

-- One article: the texts' hashes first. Where they settle it, as they do for every second one, nothing else is read.
local function check_and_insert()
  raw_identity, raw_exact, raw_title = unpack(call('MGET', at_identity, at_exact, at_title))
  identity_all = owners_of(raw_identity, identity, ENTRY_TEXT)
  prior = identity_all ~= '' and live((unpack_('>I4', identity_all, #identity_all - 4))) or false
  again = prior and prior.id == id and prior or false
  local further = again and again.more and noted('u', again.number, '') or ''
  local before = again and given(further)
  if before then return before end
  exact_all = owners_of(raw_exact, exact, ENTRY_TEXT)
  title_all = title and owners_of(raw_title, title, ENTRY_TEXT) or ''
  likened, term_keys, term_bits = {}, nil, nil
  local found = not prior and by_exact()
  if found then
    keys = {}
  else
    read_anchors()
    found = prior and by_address() or by_text()
  end
  return remember(found, further)
end

local layout = '>c6c2c4c2c4c2c4I2BI4I4BBB' .. rep('I4c0', 15)
local of_texts = prefix .. ':x:'
local replies = {}
for n = 4, #ARGV do
  local x1, x2, x3, flags
  version, x1, identity, x2, exact, x3, title, outlet, flags, top, published, title_norm, days, terms, id, real_id,
    anchors, sketch, sketch_tops, places, quotations, facts, member, marks, stated, event, vector, names, words =
    unpack_(layout, ARGV[n])
  at_identity, at_exact = of_texts .. x1, of_texts .. x2
  short, empty, collides = flags % 2 == 1, flags % 4 >= 2, flags >= 8
  at_title = of_texts .. x3
  if flags % 8 < 4 then title = nil end
  replies[n - 3] = check_and_insert()
  left = left - 1
end

-- Writing down

for key, fields in pairs(puts) do
  local list, count = {}, 0
  for field, value in pairs(fields) do
    list[count + 1], list[count + 2] = field, value
    count = count + 2
  end
  call('HSET', key, unpack(list))
  touched[key] = true
end
for key in pairs(touched) do call('EXPIRE', key, kept_for) end
-- Numbers that were set aside and not given. The counters outlive all that is numbered; those of older layouts, which
-- had no life set, go when the last one that may still write them is gone.
if next_owner then call('SET', prefix .. ':n', text(next_owner)) end
if next_copy then call('SET', prefix .. ':c', text(next_copy)) end
for _, counter in ipairs({':n', ':c'}) do call('EXPIRE', prefix .. counter, postings_kept_for) end
if next_owner and next_owner < 100 then
  for _, older in ipairs({'ww:1', 'ww:2'}) do
    for _, counter in ipairs({':n', ':c'}) do redis.pcall('EXPIRE', older .. sub(prefix, 5) .. counter, kept_for) end
  end
end
return replies
