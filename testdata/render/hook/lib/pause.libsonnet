// A container that has time to end its requests.
function(container) container { lifecycle: { preStop: { sleep: { seconds: 5 } } } }
