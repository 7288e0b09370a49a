# Three points; the way round is shorter than the direct one.
graph [
  directed 0
  node [
    id 0
    host_bandwidth_up "10 Mbit"
    host_bandwidth_down "100 Mbit"
    country_code "NL"
    city_code "AMS"
  ]
  node [
    id 1
    label "middle"
    bandwidth_up "81920 Kibit"
    bandwidth_down "1 Gbit"
    country_code "DE"
  ]
  node [
    id 2
    country_code "NL"
  ]
  edge [ source 0 target 0 latency "1 ms" ]
  edge [ source 0 target 1 latency "10 ms" packet_loss 0.01 jitter "1 ms" ]
  edge [ source 1 target 2 latency 0.02 packet_loss 0.01 capacity "1 Gbit/s" ]
  edge [ source 0 target 2 latency "50 milliseconds" packet_loss 0.01 jitter "1 ms" ]
]
