// A shop so small that it has three dependencies, each at a version with a known weakness or without one.
const { createServer } = require('node:http')
const { merge } = require('lodash')
const options = require('minimist')(process.argv.slice(2))

const basket = { items: [] }
createServer((request, response) => {
  let body = ''
  request.on('data', (chunk) => (body += chunk))
  request.on('end', () => {
    if (request.method === 'POST') merge(basket, JSON.parse(body || '{}'))
    response.end(JSON.stringify(basket))
  })
}).listen(options.port ?? 8080)
