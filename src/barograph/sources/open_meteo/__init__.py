"""Open-Meteo: models and reanalyses by HTTP. Source: https://open-meteo.com/en/docs."""
