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

local function index_keys(user)
  local keys = { [ns .. ':users:all'] = true, [ns .. ':users:role:' .. user.role] = true }
  keys[ns .. ':users:notify:' .. notify_level(user)] = true
  if user.team_key ~= '' then keys[ns .. ':users:team:' .. user.team_key] = true end
  for word in (user.name_words .. ' ' .. user.mail_words .. ' ' .. user.team_words):gmatch('%S+') do
    keys[ns .. ':users:word:' .. word] = true
  end
  return keys
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
  local after = index_keys(user)
  for key in pairs(before) do
    if not after[key] then redis.call('ZREM', key, user.id) end
  end
  for key in pairs(after) do
    if not before[key] then redis.call('ZADD', key, user.created_ms, user.id) end
  end
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
