exec 2>&1
mkdir -p d/e/f d/g; touch d/1 d/e/2
cp -r d d/e/; find d | sort; cp -r d/g d/g/h; find d/g; mv d d/e; mv d d; cp -rv d/e d/e/f/; find d | sort | wc -l; cp -r . d/x; find d/x | sort | head -20; cp -r d/.. up; ls up
