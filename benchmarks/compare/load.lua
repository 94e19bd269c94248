-- What wrk asks: the one address it was given; or those of a file, line by line; or each hundredth time a PATCH.
-- Arguments: a mode (same, distinct, writes), then the file, or the token and the number of books.

local mode, addresses, token, books, plain
local number = 0

function init(arguments)
  mode = arguments[1]
  if mode == "same" then request = nil end -- wrk sends what never changes without asking
  if mode == "distinct" then
    addresses = {}
    for line in io.lines(arguments[2]) do addresses[#addresses + 1] = line end
  elseif mode == "writes" then
    token, books = arguments[2], tonumber(arguments[3])
    number = os.time() % 100000 * 100000
    plain = wrk.format("GET")
  end
end

function request()
  number = number + 1
  if mode == "distinct" then
    return wrk.format("GET", addresses[(number - 1) % #addresses + 1])
  elseif mode == "writes" and number % 100 == 0 then
    local headers = {
      ["Content-Type"] = "application/json", ["Accept"] = "application/json", ["Authorization"] = "Bearer " .. token,
      ["Host"] = wrk.headers["Host"]
    }
    local path = string.format("/books/%d/", number / 100 % books + 1)
    return wrk.format("PATCH", path, headers, string.format('{"description": "Written %d times"}', number))
  end
  return plain
end

function done(summary)
  local errors = summary.errors
  local failed = errors.status + errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format("FIGURES %d %d %d\n", summary.requests, summary.duration, failed))
end
