-- What every script on users shares. A user is a hash: the fields below, and in `json` the User as it is sent.
-- name, email, team, language are JSON text; role, state, notify, mail and the words are plain.
local function user_key(id) return ns .. ':users:user:' .. id end
local function session_key(digest) return ns .. ':identity:session:' .. digest end

-- nil when there is none, or only the name of a former one.
local function load_user(id)
  local flat = redis.call('HGETALL', user_key(id))
  local user = {}
  for i = 1, #flat, 2 do user[flat[i]] = flat[i + 1] end
  if user.json then return user end
  return nil
end

local function is_working_admin(user) return user.role == 'admin' and user.state == 'working' end

local function is_last_admin(user)
  return is_working_admin(user) and redis.call('SCARD', ns .. ':users:admins') <= 1
end

local function notify_level(user)
  if user.notify ~= '' then return user.notify end
  return user.role == 'viewer' and 'mine' or 'sev2'
end

-- The sorted sets the user is in, each with its score there: the creation, under a skill after everybody who is better at it.
local function index_keys(user)
  local created = user.created_ms
  local keys = { [ns .. ':users:all'] = created, [ns .. ':users:role:' .. user.role] = created }
  keys[ns .. ':users:notify:' .. notify_level(user)] = created
  if user.team_key ~= '' then keys[ns .. ':users:team:' .. user.team_key] = created end
  local words = user.name_words .. ' ' .. user.mail_words .. ' ' .. user.team_words .. ' ' .. (user.profile_words or '')
  for word in words:gmatch('%S+') do keys[ns .. ':users:word:' .. word] = created end
  for level, skill in (user.skill_keys or ''):gmatch('(%d) ([^\n]+)') do
    keys[ns .. ':users:skill:' .. skill] = string.format('%.0f', (5 - level) * 1e13 + created)
  end
  return keys
end

-- `before`: the keys that are in Redis.
local function index(user, before)
  local after = index_keys(user)
  for key in pairs(before) do
    if not after[key] then redis.call('ZREM', key, user.id) end
  end
  for key, score in pairs(after) do
    if before[key] ~= score then redis.call('ZADD', key, score, user.id) end
  end
end

local function render(user)
  return '{"id":"' .. user.id .. '","name":' .. user.name .. ',"email":' .. user.email .. ',"role":"' .. user.role
    .. '","team":' .. user.team .. ',"created_at":' .. user.created_at .. ',"language":"' .. user.language
    .. '","active":' .. tostring(user.state == 'working') .. ',"notify":"' .. notify_level(user) .. '","version":' .. user.version .. '}'
end

-- Stores the user as its next version; `before` holds the index keys of the last one.
local function save_user(user, before)
  user.version = string.format('%d', (tonumber(user.version) or 0) + 1)
  user.json = render(user)
  local flat = {}
  for field, value in pairs(user) do
    flat[#flat + 1] = field
    flat[#flat + 1] = value
  end
  redis.call('HSET', user_key(user.id), unpack(flat))
  index(user, before)
  redis.call(is_working_admin(user) and 'SADD' or 'SREM', ns .. ':users:admins', user.id)
end

-- Ends the sessions of a user but the one whose id is `kept`; returns how many.
local function end_sessions(id, kept)
  local list = ns .. ':identity:sessions:' .. id
  local ended = 0
  for _, digest in ipairs(redis.call('ZRANGE', list, 0, -1)) do
    if kept == '' or redis.call('HGET', session_key(digest), 'id') ~= kept then
      ended = ended + redis.call('DEL', session_key(digest))
      redis.call('ZREM', list, digest)
    end
  end
  return ended
end

local function publish_update(user, changed)
  publish('user.updated', '"user":' .. user.json .. ',"changed":["' .. table.concat(changed, '","') .. '"]')
end

local function profile_key(id) return ns .. ':users:profile:' .. id end
local function picture_key(id) return ns .. ':users:picture:' .. id end

-- Empty when there is none yet.
local function load_profile(id)
  local flat, profile = redis.call('HGETALL', profile_key(id)), {}
  for i = 1, #flat, 2 do profile[flat[i]] = flat[i + 1] end
  return profile
end

-- What the members are called that a profile keeps under another name.
local PROFILE_MEMBERS = { contact_mail = 'contact', webhook = 'contact' }

-- Stores the profile as its next version, finds the user by its words and skills, and tells which members changed.
local function save_profile(user, profile, before, changed)
  profile.version = string.format('%d', (tonumber(profile.version) or 0) + 1)
  profile.updated_at = string.format('%d', now)
  local flat, words = {}, {}
  for field, value in pairs(profile) do
    flat[#flat + 1] = field
    flat[#flat + 1] = value
    if field:sub(1, 6) == 'words:' then words[#words + 1] = value end
  end
  redis.call('DEL', profile_key(user.id))
  redis.call('HSET', profile_key(user.id), unpack(flat))
  user.profile_words, user.skill_keys = table.concat(words, ' '), profile.skill_keys or ''
  redis.call('HSET', user_key(user.id), 'profile_words', user.profile_words, 'skill_keys', user.skill_keys)
  index(user, before)
  local names, seen = {}, {}
  for _, name in ipairs(changed) do
    if not seen[name] then names[#names + 1] = name end
    seen[name] = true
  end
  publish('user.profile.updated', '"user":{"id":"' .. user.id .. '","name":' .. user.name .. '},"changed":["'
    .. table.concat(names, '","') .. '"]')
end

-- `ids`: more members of `data` as JSON text, each after a comma, or nil.
local function request_mail(template, id, ids)
  publish('request.comms.mail.send', '"template":"' .. template .. '","user_id":"' .. id .. '"' .. (ids or ''))
end

-- Says whether the password made at the first start is this user's, and so is gone now.
local function forget_first_admin(id)
  if redis.call('GET', ns .. ':users:first-admin') ~= id then return 'kept' end
  redis.call('DEL', ns .. ':users:first-admin')
  return 'first'
end

-- Sets the password hash, lets a waiting account in, and ends every session but `kept`.
local function set_password(user, hash, kept)
  local changed = { 'password' }
  user.password = hash
  user.password_version = string.format('%d', (tonumber(user.password_version) or 0) + 1)
  if user.state == 'waiting' then
    user.state = 'working'
    changed[2] = 'active'
  end
  save_user(user, index_keys(user))
  end_sessions(user.id, kept)
  publish_update(user, changed)
  return forget_first_admin(user.id)
end

-- The user a link of that purpose is for, while it can be used: not expired, the password still the one of its making.
local function user_of_link(digest, purpose)
  local link = redis.call('HMGET', ns .. ':identity:link:' .. digest, 'user', 'purpose', 'password_version', 'expires_at')
  if not link[1] or link[2] ~= purpose or tonumber(link[4]) <= now then return nil end
  local user = load_user(link[1])
  if not user or user.state == 'suspended' or user.password_version ~= link[3] then return nil end
  return user
end
