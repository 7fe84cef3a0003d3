-- mail-queue.lua: makes the mails of one event, each once whatever is repeated.
-- Arguments: 1 the mailing's id, 2 template, 3 what the mails say (JSON), then for each mail its recipient (`user:<id>`) and its id.
-- Answers: {'ok', how many are new}.
save_mailing(arg(1), arg(3))
local made, at = 0, 4
while arg(at) do
  made = made + queue_mail(arg(at + 1), arg(1), arg(2), arg(at))
  at = at + 2
end
return { 'ok', made }
