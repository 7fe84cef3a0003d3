-- toggle.lua: switches a flag on or off. Event: flag.changed, unless it is so already.
-- Arguments: 1 id, 2 expected version or '', 3 'true', 'false', or '' for the other way round.
-- Answers: {'ok', version, json}, {'unchanged', version, json}, {'missing'}, {'version', current}.

local id = arg(1)
local flag, refusal = begin(base .. 'flag:' .. id, arg(2))
if refusal then return refusal end

local on = arg(3)
if on == '' then on = flag.on == 'true' and 'false' or 'true' end
if on == flag.on then return { 'unchanged', flag.version, flag.json } end
local diff = '{"on":{"old":' .. flag.on .. ',"new":' .. on .. '}}'
flag.on = on
local json = save(id, flag, 'toggled', diff)
return { 'ok', flag.version, json }
