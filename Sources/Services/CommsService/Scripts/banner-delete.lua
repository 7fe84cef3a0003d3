-- banner-delete.lua: takes the banner away. Event: banner.removed, unless there is none.
-- Answers: {'ok'}, {'unchanged'}.

if redis.call('DEL', base .. 'banner') == 0 then return { 'unchanged' } end
revise()
publish('banner.removed', '')
return { 'ok' }
