-- What wrk asks: the one address it was given; or, line by line, those of a file. An address with a token after it gets
-- a PATCH.

local lines = {}
local number = 0

function init(arguments)
  if not arguments[1] then request = nil return end -- wrk sends what never changes without asking
  for line in io.lines(arguments[1]) do lines[#lines + 1] = line end
end

function request()
  number = number + 1
  local path, token = lines[(number - 1) % #lines + 1]:match("(%S+) ?(%S*)")
  if token == "" then return wrk.format("GET", path) end
  local headers = {
    ["Content-Type"] = "application/json", ["Accept"] = "application/json", ["Authorization"] = "Bearer " .. token,
    ["Host"] = wrk.headers["Host"]
  }
  return wrk.format("PATCH", path, headers, string.format('{"description": "Written %d, %d"}', os.time(), number))
end

function done(summary)
  local errors = summary.errors
  local failed = errors.status + errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format("FIGURES %d %d %d\n", summary.requests, summary.duration, failed))
end
