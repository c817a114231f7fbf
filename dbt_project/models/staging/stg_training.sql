{{ stage('training') }}
