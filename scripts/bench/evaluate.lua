-- wrk: asks for flags by OFREP, for a thousand users in turn.
local number = 0

function request()
  number = number + 1
  local body = '{"context":{"targetingKey":"user-' .. number % 1000 .. '","country":"DE","plan":"free","version":"1.20.3"}}'
  return wrk.format('POST', nil, nil, body)
end
