{{ stage('monitoring') }}
