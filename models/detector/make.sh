#!/usr/bin/env bash
# Makes the shipped bundle from the published weights and measures it: models/detector/make.sh [DATA_DIR]
set -euo pipefail
cd "$(dirname "$0")/../.."
data=${1:-../shared/data}

instantreact import detector "$data/weights/yolox_nano.onnx" --format yolox --height 320 --width 544 --power 0.57 \
	--overlap 0.4 --output models/detector
python -m benchmarks.people "$data" --bundle models/detector --candidates "$data/weights/yolox_nano.onnx"
python -m benchmarks.coco "$data" --bundle models/detector
