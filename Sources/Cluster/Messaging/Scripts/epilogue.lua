end

-- A call that is repeated under its Idempotency-Key gets the result of the first, kept in the same step as what it changed.
if ARGV[9] == '' then return mutate() end
local repeat_key = ns .. ':repeat:' .. ARGV[9]
local kept = redis.call('GET', repeat_key)
if kept then
  -- A write, so that a WAIT after it covers the first call too, whichever connection that came on.
  redis.call('EXPIRE', repeat_key, ARGV[10])
  return cmsgpack.unpack(kept)
end
local result = mutate()
if published > 0 then redis.call('SET', repeat_key, cmsgpack.pack(result), 'EX', ARGV[10]) end
return result
