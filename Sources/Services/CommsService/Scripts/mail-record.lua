-- mail-record.lua: what every script that makes or changes a mail shares; it stands between the prelude and the script.
-- A mail is a hash: mailing, template, to (`subscription:<id>`, `user:<id>`, `contact:<id>`), state, attempts, created_at, created_ms, updated_at,
-- error (JSON text), cid, and `json`, the Mail as it is sent. The key schema is in the header of MailStore.swift.

local mails = ns .. ':comms:mails'
local function queue_key(mail) return ns .. ':comms:' .. (mail.to:sub(1, 8) == 'contact:' and 'call-queue' or 'mail-queue') end

local function mail_key(id) return ns .. ':comms:mail:' .. id end
local function mailing_key(id) return ns .. ':comms:mailing:' .. id end

-- Stores the mail in `state`; `due_ms` is when a queued one is sent next. It lives `MAIL_LIFE` seconds.
local MAIL_LIFE = 7 * 86400
local function save_mail(mail, state, due_ms)
  if mail.state and mail.state ~= state then redis.call('ZREM', mails .. ':' .. mail.state, mail.id) end
  mail.state, mail.updated_at = state, tostring(now)
  local kind, recipient = string.match(mail.to, '^(%a+):(.*)$')
  local next_at = state == 'queued' and string.format('%d', math.floor(due_ms / 1000)) or 'null'
  mail.json = '{"id":"' .. mail.id .. '","template":"' .. mail.template .. '","state":"' .. state .. '","to":{"kind":"' .. kind
    .. '","id":"' .. recipient .. '"},"attempts":' .. mail.attempts .. ',"created_at":' .. mail.created_at .. ',"updated_at":'
    .. mail.updated_at .. ',"next_at":' .. next_at .. ',"error":' .. mail.error .. ',"cid":"' .. mail.cid .. '"}'
  local flat = {}
  for field, value in pairs(mail) do
    flat[#flat + 1] = field
    flat[#flat + 1] = value
  end
  redis.call('HSET', mail_key(mail.id), unpack(flat))
  redis.call('EXPIRE', mail_key(mail.id), MAIL_LIFE)
  redis.call('ZADD', mails .. ':' .. state, mail.created_ms, mail.id)
  if state == 'queued' then
    redis.call('ZADD', queue_key(mail), string.format('%.0f', due_ms), mail.id)
  else
    redis.call('ZREM', queue_key(mail), mail.id)
  end
end

-- What some mails say, once for all of them.
local function save_mailing(id, json) redis.call('SET', mailing_key(id), json, 'EX', MAIL_LIFE) end

-- Queues a mail, unless there is one with this id already. Returns 1 or 0.
local function queue_mail(id, mailing, template, to)
  if redis.call('EXISTS', mail_key(id)) == 1 then return 0 end
  local mail = {
    id = id, mailing = mailing, template = template, to = to, attempts = '0', error = 'null', cid = cid,
    created_at = string.format('%d', now), created_ms = string.format('%.0f', now_ms),
  }
  save_mail(mail, 'queued', now_ms)
  redis.call('ZADD', mails, mail.created_ms, id)
  return 1
end

-- Nil when it has expired.
local function load_mail(id)
  local flat, mail = redis.call('HGETALL', mail_key(id)), {}
  for i = 1, #flat, 2 do mail[flat[i]] = flat[i + 1] end
  if mail.id then return mail end
  return nil
end
