-- wrk's script: declares incidents, each with some twenty words of a vocabulary of a thousand.
local count = 0

function request()
  count = count + 1
  local words = {}
  for i = 1, 20 do words[i] = 'word' .. (count * 7919 + i * i * 104729) % 1000 end
  local body = '{"title":"Checkout answers 502, time ' .. count .. '","sev":' .. count % 4 + 1
    .. ',"services":["checkout"],"summary":"' .. table.concat(words, ' ') .. '."}'
  return wrk.format('POST', '/api/v1/incidents', nil, body)
end
