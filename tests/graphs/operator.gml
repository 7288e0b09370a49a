graph [
  DateObtained "1/01/20"
  Network "Invented"
  label "Invented"
  node [ id 0 label "West" Country "Gabon" Longitude 0.0 Internal 1 Latitude 0.0 ]
  node [ id 1 label "East" Country "Indonesia" Longitude 90.0 Internal 1 Latitude 0.0 ]
  node [ id 2 label "East" Country "Indonesia" Longitude 90.0 Internal 1 Latitude 0.0 Altitude 12 ]
  edge [ source 0 target 1 LinkSpeed "10" LinkLabel "10 &lt;leased&gt;" LinkSpeedUnits "G" LinkSpeedRaw 10000000000.0 ]
  edge [ source 1 target 2 LinkSpeed "2.5" LinkSpeedUnits "G" id "e2" ]
]
