-- mail-settle.lua: notes what became of an attempt.
-- Arguments: 1 id, 2 state, 3 when a queued one is sent next (ms), 4 error (JSON text). Answers: {'ok'}, {'missing'}.
local mail = load_mail(arg(1))
if not mail then return { 'missing' } end
mail.attempts, mail.error = tostring(tonumber(mail.attempts) + 1), arg(4)
save_mail(mail, arg(2), tonumber(arg(3)))
return { 'ok' }
