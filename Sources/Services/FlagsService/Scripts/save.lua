-- save.lua: makes a flag, or replaces its definition. Event: flag.changed, unless nothing differs.
-- Arguments: 1 id, 2 expected version ('' for any, '0' for none yet), 3 the revision at which the definition was checked, 4 on,
--   5 the definition's other members (JSON members without braces), 6 its facts for events (the same), 7 the change's name,
--   8 what differs (JSON object), 9 the most flags and segments.
-- Answers: {'ok', version, json, 'created' or ''}, {'unchanged', version, json, ''}, {'version', current}, {'moved'} when it has to be
--   checked anew, {'full'}.

local id = arg(1)
local flag, refusal = begin(base .. 'flag:' .. id, arg(2))
if refusal and refusal[1] == 'version' then return refusal end
if arg(3) ~= revision() then return { 'moved' } end
local is_new = not flag
if is_new then
  if redis.call('ZCARD', base .. 'changes') >= tonumber(arg(9)) then return { 'full' } end
  redis.call('PERSIST', base .. 'history:' .. id)
  redis.call('PERSIST', base .. 'versions:' .. id)
  flag = {}
elseif flag.on == arg(4) and flag.body == arg(5) then
  return { 'unchanged', flag.version, flag.json, '' }
end

flag.on, flag.body, flag.facts = arg(4), arg(5), arg(6)
local json = save(id, flag, is_new and 'created' or arg(7), arg(8))
return { 'ok', flag.version, json, is_new and 'created' or '' }
