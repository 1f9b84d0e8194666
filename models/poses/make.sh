#!/usr/bin/env bash
# Makes the shipped bundle from the published weights and measures it: models/poses/make.sh [DATA_DIR] [CACHE]
set -euo pipefail
cd "$(dirname "$0")/../.."
data=${1:-../shared/data}
cache=${2:-runs/falls}

instantreact import poses "$data/weights/movenet_multipose.onnx" --slope 27.21 --offset -4.464 --output models/poses
python -m benchmarks.falls "$data" --cache "$cache" --fit --changed
