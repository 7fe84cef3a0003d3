-- identifier.lua: the id of the n-th incident, n = 1, 2, …
-- Six Crockford base-32 digits of n × MULTIPLIER + OFFSET modulo 2^30: odd multipliers make that a permutation, so no two n share an
-- id, and ids tell nobody how many incidents there were last week. From n = 2^30 on, seven digits and modulo 2^35.
-- Products stay below 2^53, where Lua's numbers are exact.

local function identifier(n)
  local digits, multiplier, offset = 6, 5832623, 746391571
  if n >= 2 ^ 30 then
    n, digits, multiplier, offset = n - 2 ^ 30, 7, 187963, 21804739157
  end
  local value = (n * multiplier + offset) % 2 ^ (5 * digits)
  local text = {}
  for i = 1, digits do
    local digit = value % 32
    text[i] = string.sub('0123456789ABCDEFGHJKMNPQRSTVWXYZ', digit + 1, digit + 1)
    value = (value - digit) / 32
  end
  return 'INC-' .. table.concat(text)
end
