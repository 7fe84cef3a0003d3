-- banner-set.lua: puts a banner over the public page. Event: banner.changed.
-- Arguments: 1 message, 2 level, 3 until (JSON texts).
-- Answers: {'ok', json}.

local json = '{"message":' .. arg(1) .. ',"level":' .. arg(2) .. ',"until":' .. arg(3) .. ',"updated_at":' .. now .. '}'
redis.call('SET', base .. 'banner', json)
revise()
publish('banner.changed', '"banner":' .. json)
return { 'ok', json }
