-- What wrk asks: the paths of a file in turn. At the end it prints its figures as JSON.
local paths, turn = {}, 0

function init(arguments)
  for path in io.lines(arguments[1]) do
    paths[#paths + 1] = wrk.format("GET", path)
  end
end

function request()
  turn = turn % #paths + 1
  return paths[turn]
end

function done(summary, latency)
  local failed = summary.errors
  io.write(string.format(
    '{"p50": %f, "p99": %f, "a_second": %f, "failed": %d}\n',
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, summary.requests / summary.duration * 1e6,
    failed.connect + failed.read + failed.write + failed.timeout + failed.status
  ))
end
