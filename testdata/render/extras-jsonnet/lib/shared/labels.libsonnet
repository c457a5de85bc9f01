{ labels: { team: 'ml' } }
